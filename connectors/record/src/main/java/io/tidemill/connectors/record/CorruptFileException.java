package io.tidemill.connectors.record;

import java.io.IOException;

/**
 * The contents of a file are not what its format asks for, from some place on. Another attempt
 * finds them as they are.
 */
public final class CorruptFileException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final long offset;

  /**
   * A file that is corrupt.
   *
   * @param offset where reading stopped, as the {@link Origin} of the file's records counts
   */
  public CorruptFileException(String file, long offset, String message, Throwable cause) {
    super(message, cause);
    this.file = file;
    this.offset = offset;
  }

  public String file() {
    return file;
  }

  public long offset() {
    return offset;
  }

  /** What the {@link Origin} says that stands for what is not read of the file. */
  public DecodeFailure asFailure() {
    return new DecodeFailure(
        CorruptFileException.class.getName(),
        DeadLetterRecord.shortened(String.valueOf(getMessage())));
  }
}
