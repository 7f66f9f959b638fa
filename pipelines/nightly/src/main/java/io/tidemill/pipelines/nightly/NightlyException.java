package io.tidemill.pipelines.nightly;

import static java.util.Objects.requireNonNull;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A run for a date that has published nothing, or not yet; the message is whole without a stack.
 */
public final class NightlyException extends RuntimeException {
  private final Reason reason;

  /** Why nothing was published. */
  public enum Reason {
    /** The input is not there yet; a later run may find it. */
    NO_INPUT,
    /** Another run publishes to the same place. */
    TAKEN,
    /** What was made waits until a person publishes or discards it. */
    HELD,
    /** It ran and failed, or what it made was refused. */
    FAILED
  }

  NightlyException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = requireNonNull(reason, "reason");
  }

  NightlyException(Reason reason, String message) {
    this(reason, message, null);
  }

  /** Of a run that publishes nothing, with what stands in its way. */
  static NightlyException failed(DatedJob job, String message, Object... values) {
    return new NightlyException(
        Reason.FAILED,
        "job '%s' for %s: %s; nothing is published"
            .formatted(job.name(), job.date(), String.format(Locale.ROOT, message, values)));
  }

  public Reason reason() {
    return reason;
  }
}
