package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TransferProgressTest {
  private final StringWriter err = new StringWriter();
  private long nanos;

  private TransferProgress progress(boolean shown) {
    return new TransferProgress(new PrintWriter(err), shown, "pushing fraud:1.4.2", () -> nanos);
  }

  @Test
  void saysHowManyBytesOfHowManyAreCopied() {
    try (TransferProgress progress = progress(true)) {
      nanos = TimeUnit.SECONDS.toNanos(2);
      progress.at(3L << 20, 4L << 20);

      assertThat(err.toString()).endsWith("pushing fraud:1.4.2   75 %  3 MiB of 4 MiB  1.5 MiB/s");
    }
    assertThat(err.toString()).endsWith("\r\u001B[2K");
  }

  @Test
  void aShortTransferIsNotShown() {
    try (TransferProgress progress = progress(true)) {
      nanos = TimeUnit.MILLISECONDS.toNanos(99);
      progress.at(1, 1);
    }

    assertThat(err.toString()).isEmpty();
  }

  @Test
  void drawsAtMostTenTimesASecond() {
    try (TransferProgress progress = progress(true)) {
      for (int i = 1; i <= 1000; i++) {
        nanos += TimeUnit.MILLISECONDS.toNanos(1);
        progress.at(i, 1000);
      }
    }

    assertThat(err.toString().split("pushing", -1)).hasSize(1 + 10);
  }

  @Test
  void nothingIsShownWithoutATerminal() {
    try (TransferProgress progress = progress(false)) {
      nanos = TimeUnit.SECONDS.toNanos(2);
      progress.at(1, 2);
    }

    assertThat(err.toString()).isEmpty();
  }
}
