package io.tidemill.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ProcessCpuTest {
  @Test
  void countsWhileThreadsBeginAndEnd() throws InterruptedException {
    AtomicBoolean enough = new AtomicBoolean();
    Thread churn =
        new Thread(
            () -> {
              while (!enough.get()) {
                Thread brief = new Thread(() -> {});
                brief.start();
                try {
                  brief.join();
                } catch (InterruptedException e) {
                  return;
                }
              }
            });
    churn.start();
    try {
      ProcessCpu since = ProcessCpu.sinceNow();
      for (int look = 0; look < 2_000; look++) {
        ProcessCpu.sinceNow();
      }
      assertThat(since.untilNow()).isPositive();
    } finally {
      enough.set(true);
      churn.join();
    }
  }
}
