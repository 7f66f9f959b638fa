package io.tidemill.connectors.kafka;

import io.tidemill.connectors.registry.RegistryException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;

/**
 * Why the bytes of a record did not decode. Immutable.
 *
 * @param causeClass the class name of the innermost exception
 * @param message what was said, outermost first; the class where nothing was
 */
record DecodeFailure(String causeClass, String message) {
  private static final int LONGEST_MESSAGE = 1_000;

  static DecodeFailure of(Throwable failure) {
    List<Throwable> chain = chain(failure);
    StringBuilder message = new StringBuilder();
    for (Throwable cause : chain) {
      String text = cause.getMessage();
      if (text != null && message.indexOf(text) < 0) {
        message.append(message.isEmpty() ? "" : ": ").append(text);
      }
    }
    if (message.length() > LONGEST_MESSAGE) {
      message.setLength(LONGEST_MESSAGE);
      message.append('…');
    }
    String innermost = chain.get(chain.size() - 1).getClass().getName();
    return new DecodeFailure(innermost, message.isEmpty() ? innermost : message.toString());
  }

  /**
   * Whether the failure says nothing about the bytes: a schema registry that does not answer would
   * turn every record into a dead letter.
   */
  static boolean isOutside(Throwable failure) {
    return chain(failure).stream().anyMatch(DecodeFailure::isNetwork);
  }

  private static boolean isNetwork(Throwable cause) {
    return cause instanceof SocketException
        || cause instanceof SocketTimeoutException
        || cause instanceof UnknownHostException
        || cause instanceof SSLException
        || cause instanceof RegistryException;
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
