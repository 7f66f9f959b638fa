package io.tidemill.pipelines.run;

import io.tidemill.connectors.problem.RootCause;
import io.tidemill.connectors.record.FileFailureException;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.UnmovedFilesException;
import io.tidemill.inference.operator.InferenceException;
import io.tidemill.model.ModelException;
import org.apache.flink.util.SerializedThrowable;

/** A job that ran and failed, with the cause that a person can act on. */
public final class RunFailedException extends RuntimeException {
  private final boolean modelAtFault;

  private RunFailedException(String message, boolean modelAtFault, Throwable cause) {
    super(message, cause);
    this.modelAtFault = modelAtFault;
  }

  static RunFailedException of(String job, Throwable failure) {
    Throwable telling = RootCause.of(failure).failure();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (tells(cause)) {
        telling = cause;
        break;
      }
    }
    boolean known = tells(telling) || telling instanceof SerializedThrowable;
    String message = telling.getMessage();
    return new RunFailedException(
        "job '%s' failed: %s"
            .formatted(job, known ? message : telling.getClass().getSimpleName() + ": " + message),
        telling instanceof ModelException,
        failure);
  }

  /** Whether it says all that a person has to know. */
  private static boolean tells(Throwable cause) {
    return cause instanceof ModelException
        || cause instanceof InferenceException
        || cause instanceof RecordFailureException
        || cause instanceof FileFailureException
        || cause instanceof UnmovedFilesException;
  }

  /** Whether a model could not be had, rather than the job failed at its work. */
  public boolean modelAtFault() {
    return modelAtFault;
  }
}
