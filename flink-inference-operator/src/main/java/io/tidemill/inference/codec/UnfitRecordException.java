package io.tidemill.inference.codec;

/**
 * A record that does not fit a model's tensors. It carries no stack trace: it is about data, not
 * code, and may be thrown for many records a second.
 */
public final class UnfitRecordException extends RuntimeException {
  private final String problem;
  private final boolean nullInput;

  private UnfitRecordException(String message, boolean nullInput) {
    super(message, null, false, false);
    this.problem = message;
    this.nullInput = nullInput;
  }

  /** A value that the tensor cannot hold. */
  public UnfitRecordException(String message) {
    this(message, false);
  }

  /** An input that is null or missing; the step's policy for those applies. */
  public static UnfitRecordException nullInput(String input) {
    return new UnfitRecordException("input '" + input + "': null (expected: a value)", true);
  }

  /** What does not fit, and what would. */
  public String problem() {
    return problem;
  }

  /** Whether an input is null or missing. */
  public boolean isNullInput() {
    return nullInput;
  }
}
