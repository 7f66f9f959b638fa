package io.tidemill.connectors.files;

import io.tidemill.connectors.problem.RootCause;
import io.tidemill.connectors.record.FileFailureException;
import io.tidemill.connectors.record.RecordFailureException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.util.ExceptionUtils;

/** A failure to read a file, and what it means. Immutable. */
record ReadFailure(Throwable failure) {
  /** What Flink's input says of itself in the place of the file's name. */
  private static final Pattern NAMELESS = Pattern.compile("\\S+ParquetInputFile@\\p{XDigit}+");

  /** As file systems call it, none of which has a class for it that all have. */
  private static final Pattern DENIED = Pattern.compile("AccessDenied.*|AccessControl.*");

  /** The number is that of S3, whose answer to a question without a body has no word more. */
  private static final Pattern SAYS_DENIED =
      Pattern.compile("(?s).*(([Pp]ermission|[Aa]ccess) [Dd]enied|(HTTP|Status Code:) 403).*");

  /** What Flink's S3 lets through of its client, which cannot reach it, say. */
  private static final String OF_S3_CLIENT = "SdkException";

  /** Whether the file system does not let this process read, which is no matter of the contents. */
  boolean isDenied() {
    return ExceptionUtils.findThrowable(failure, ReadFailure::saysDenied).isPresent();
  }

  private static boolean saysDenied(Throwable cause) {
    return DENIED.matcher(cause.getClass().getSimpleName()).matches()
        || (isOfFileSystem(cause)
            && SAYS_DENIED.matcher(String.valueOf(cause.getMessage())).matches());
  }

  private static boolean isOfFileSystem(Throwable cause) {
    return cause instanceof IOException
        || cause instanceof UncheckedIOException
        || Stream.<Class<?>>iterate(cause.getClass(), Objects::nonNull, Class::getSuperclass)
            .anyMatch(type -> type.getSimpleName().equals(OF_S3_CLIENT));
  }

  /**
   * What to tell of it. File systems fail with an IOException, or with that of their client, and
   * formats of what is in the file with any other.
   *
   * @param files that may be meant where the failure names none
   */
  Exception told(String files) {
    NamedFormat.UnreadException named =
        ExceptionUtils.findThrowable(failure, NamedFormat.UnreadException.class).orElse(null);
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    if (named != null && named.getCause() != null) {
      cause = named.getCause();
    }
    RootCause root = RootCause.of(cause);
    String what =
        "%s: cannot be read: %s: %s"
            .formatted(
                named == null ? files : named.file(),
                root.failure().getClass().getSimpleName(),
                NAMELESS.matcher(root.message()).replaceAll("it"));
    if (isDenied()) {
      return new FileFailureException(
          what
              + " (expected: the right to read it, and the folders above it, for the user and with"
              + " the credentials that the job runs with; the file itself may be whole)",
          cause);
    }
    String message =
        what
            + " (expected: a whole file of the source's format, in which its columns have the declared types)";
    if (isOfFileSystem(cause)) {
      return new FileFailureException(message, cause);
    }
    return new RecordFailureException(
        named == null
            ? message
            : message
                + "; replace the file by a whole one, or set on-corrupt-file: dead-letter to go on"
                + " without the rest of it",
        cause);
  }
}
