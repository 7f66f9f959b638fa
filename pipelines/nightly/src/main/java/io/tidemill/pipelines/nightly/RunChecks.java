package io.tidemill.pipelines.nightly;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidemill.pipelines.compose.FieldSketch;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What was seen of the predictions of a run before they were published. Immutable.
 *
 * @param predictions by field
 * @param gates all that were asked
 * @param before the run whose predictions readers saw meanwhile, by its id; null if there was none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunChecks(
    List<FieldSummary> predictions, List<GateOutcome> gates, @Nullable String before) {
  public RunChecks {
    predictions = List.copyOf(predictions);
    gates = List.copyOf(gates);
  }

  static RunChecks of(
      List<FieldSketch> sketches, List<GateOutcome> gates, @Nullable Published before) {
    return new RunChecks(
        sketches.stream().map(FieldSummary::of).toList(),
        gates,
        before == null ? null : before.run().id());
  }

  /** What no gate let through, in words; empty if all did. */
  String refused() {
    return gates.stream()
        .filter(gate -> !gate.passed())
        .map(GateOutcome::toString)
        .collect(Collectors.joining("; "));
  }
}
