package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TextTableTest {
  @Test
  @Timeout(30)
  void printsAsManyRowsAsWereAskedFor() {
    TextTable table = new TextTable("A", "B");
    for (int i = 0; i < 100_000; i++) {
      table.add("a", "b");
    }
    StringWriter printed = new StringWriter();

    table.print(new PrintWriter(printed));

    assertThat(printed.toString().lines()).hasSize(100_001);
  }

  @Test
  void cellStaysInItsLine() {
    TextTable table = new TextTable("CAUSE", "STEP");
    table.add("model\nfake", "score");
    table.add("unfit", "score\r\nunfit  other");
    StringWriter printed = new StringWriter();

    table.print(new PrintWriter(printed));

    assertThat(printed.toString().lines())
        .containsExactly("CAUSE       STEP", "model fake  score", "unfit       score unfit  other");
  }
}
