package io.tidemill.pipelines.nightly;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What a gate made of predictions.
 *
 * @param gate as the job names it
 * @param field that was looked at; null where all of a prediction was
 * @param found what was seen, in words
 * @param limit what the job asks for, in its words
 * @param psi of the field; null where none was computed
 * @param shift of the field's quantiles; null where none was computed, or it is infinite
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GateOutcome(
    String gate,
    @Nullable String field,
    boolean passed,
    String found,
    String limit,
    @Nullable Double psi,
    @Nullable Double shift) {

  /** In one line. */
  @Override
  public String toString() {
    return "%s%s: %s (expected: %s)"
        .formatted(gate, field == null ? "" : " of '" + field + "'", found, limit);
  }
}
