package io.tidemill.inference.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BatchPolicyTest {
  private static final Duration DELAY = Duration.ofMillis(20);

  @Test
  void hasTheDocumentedDefaults() {
    assertThat(BatchPolicy.defaults())
        .isEqualTo(new BatchPolicy(256, Long.MAX_VALUE, Duration.ofMillis(20), 4));
  }

  @Test
  void takesTheLimitsThemselves() {
    BatchPolicy smallest = new BatchPolicy(1, 1, Duration.ZERO, 1);
    BatchPolicy largest = new BatchPolicy(1 << 20, Long.MAX_VALUE, Duration.ofDays(1), 1024);

    assertThat(smallest.maxDelay()).isZero();
    assertThat(largest.maxSize()).isEqualTo(1_048_576);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesWhatIsOutsideAndNamesIt(Supplier<BatchPolicy> policy, String message) {
    assertThatIllegalArgumentException().isThrownBy(policy::get).withMessage(message);
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        refusal(() -> new BatchPolicy(0, 1, DELAY, 1), "max-size: 0 (expected: 1 to 1048576)"),
        refusal(
            () -> new BatchPolicy(1_048_577, 1, DELAY, 1),
            "max-size: 1048577 (expected: 1 to 1048576)"),
        refusal(() -> new BatchPolicy(1, 0, DELAY, 1), "max-bytes: 0 (expected: >= 1)"),
        refusal(
            () -> new BatchPolicy(1, 1, Duration.ofNanos(-1), 1),
            "max-delay: PT-0.000000001S (expected: 0s to 1 day)"),
        refusal(
            () -> new BatchPolicy(1, 1, Duration.ofDays(1).plusNanos(1), 1),
            "max-delay: PT24H0.000000001S (expected: 0s to 1 day)"),
        refusal(() -> new BatchPolicy(1, 1, DELAY, 0), "max-in-flight: 0 (expected: 1 to 1024)"),
        refusal(
            () -> new BatchPolicy(1, 1, DELAY, 1025), "max-in-flight: 1025 (expected: 1 to 1024)"));
  }

  private static Arguments refusal(Supplier<BatchPolicy> policy, String message) {
    return Arguments.of(policy, message);
  }
}
