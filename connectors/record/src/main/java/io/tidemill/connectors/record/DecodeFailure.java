package io.tidemill.connectors.record;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;

/**
 * Why the bytes of a record did not decode. Immutable.
 *
 * @param causeClass the class name of the innermost exception; of a corrupt file that of {@link
 *     CorruptFileException}
 * @param message what was said, outermost first; the class where nothing was
 */
public record DecodeFailure(String causeClass, String message) {
  /** That of an exception. */
  public static DecodeFailure of(Throwable failure) {
    List<Throwable> chain = chain(failure);
    StringBuilder message = new StringBuilder();
    for (Throwable cause : chain) {
      String text = cause.getMessage();
      if (text != null && message.indexOf(text) < 0) {
        message.append(message.isEmpty() ? "" : ": ").append(text);
      }
    }
    String innermost = chain.get(chain.size() - 1).getClass().getName();
    return new DecodeFailure(
        innermost, message.isEmpty() ? innermost : DeadLetterRecord.shortened(message.toString()));
  }

  /** Writes it into the {@link Origin} of the record, for {@link SourceStreams#ofDecoded}. */
  public void writeTo(GenericRowData origin) {
    origin.setField(Origin.ERROR_CLASS, StringData.fromString(causeClass));
    origin.setField(Origin.ERROR_MESSAGE, StringData.fromString(message));
  }

  private static List<Throwable> chain(Throwable failure) {
    List<Throwable> chain = new ArrayList<>();
    Throwable cause = failure;
    while (cause != null && !chain.contains(cause)) {
      chain.add(cause);
      cause = cause.getCause();
    }
    return chain;
  }
}
