package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PublishingOrderTest {
  private static final Duration NOW = Duration.ofMillis(1);
  private static final Duration LONG = Duration.ofMinutes(5);

  private final PublishingOrder order = new PublishingOrder();

  @Test
  void aDateHasItsTurnOnceAllBeforeItAreDone() throws InterruptedException {
    assertThat(order.awaitTurn(0, NOW)).isTrue();
    order.done(1);
    assertThat(order.awaitTurn(2, NOW)).isFalse();
    order.done(0);
    assertThat(order.awaitTurn(2, NOW)).isTrue();
  }

  @Test
  void noDateHasItsTurnBehindOneThatFailed() throws InterruptedException {
    order.failed(1);

    assertThat(order.awaitTurn(2, LONG)).isFalse();
    assertThat(order.isCutOff(2)).isTrue();
    assertThat(order.isCutOff(1)).isFalse();
    assertThat(order.awaitTurn(0, NOW)).isTrue();
  }

  @Test
  void aDateThatWaitsIsToldAtOnce() throws InterruptedException {
    CompletableFuture<Void> done = CompletableFuture.runAsync(() -> order.done(0));

    assertThat(order.awaitTurn(1, LONG)).isTrue();
    done.join();
  }
}
