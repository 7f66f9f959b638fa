package io.tidemill.inference.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BatchPolicyTest {

  @Test
  void hasTheDocumentedDefaults() {
    assertThat(BatchPolicy.defaults())
        .isEqualTo(new BatchPolicy(256, Long.MAX_VALUE, Duration.ofMillis(20), 4));
  }

  @Test
  void replacesOneLimitAtATime() {
    BatchPolicy policy =
        BatchPolicy.defaults()
            .withMaxSize(7)
            .withMaxBytes(70)
            .withMaxDelay(Duration.ofMillis(3))
            .withMaxInFlight(5);

    assertThat(policy).isEqualTo(new BatchPolicy(7, 70, Duration.ofMillis(3), 5));
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
  void refusesWhatIsOutsideAndNamesIt(UnaryOperator<BatchPolicy> change, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> change.apply(BatchPolicy.defaults()))
        .withMessage(message);
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        refusal(policy -> policy.withMaxSize(0), "max-size: 0 (expected: 1 to 1048576)"),
        refusal(
            policy -> policy.withMaxSize(1_048_577), "max-size: 1048577 (expected: 1 to 1048576)"),
        refusal(policy -> policy.withMaxBytes(0), "max-bytes: 0 (expected: >= 1)"),
        refusal(
            policy -> policy.withMaxDelay(Duration.ofNanos(-1)),
            "max-delay: PT-0.000000001S (expected: 0s to 1 day)"),
        refusal(
            policy -> policy.withMaxDelay(Duration.ofDays(1).plusNanos(1)),
            "max-delay: PT24H0.000000001S (expected: 0s to 1 day)"),
        refusal(policy -> policy.withMaxInFlight(0), "max-in-flight: 0 (expected: 1 to 1024)"),
        refusal(
            policy -> policy.withMaxInFlight(1025), "max-in-flight: 1025 (expected: 1 to 1024)"));
  }

  private static Arguments refusal(UnaryOperator<BatchPolicy> change, String message) {
    return Arguments.of(change, message);
  }
}
