package io.tidemill.model.engine;

import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an engine says when it fails, as an exception for whoever must act. Engines have no code for
 * some of it, so that their words decide.
 *
 * @param engine as it calls itself, such as {@code ONNX Runtime}
 */
public record EngineWords(String engine) {
  private static final List<String> OUT_OF_MEMORY =
      List.of(
          "failed to allocate memory",
          "can't allocate memory",
          "not enough memory",
          "available memory of",
          "bad_alloc",
          "bad allocation",
          "out of memory",
          "alloc_failed");

  /** Whether any of these, all in lower case, is among an engine's words. */
  public static boolean say(@Nullable String words, List<String> any) {
    String text = String.valueOf(words).toLowerCase(Locale.ROOT);
    return any.stream().anyMatch(text::contains);
  }

  /**
   * What a failed call is thrown as.
   *
   * @param reason the engine's words that matter
   * @param cause with all of its words
   */
  public ModelException ofCall(
      ModelVersion version, int rows, String reason, @Nullable Throwable cause) {
    return isOutOfMemory(reason, cause)
        ? outOfMemory(version, rows, reason, cause)
        : new ModelCallException(
            "%s: %s failed a call with %d rows: %s".formatted(version, engine, rows, reason),
            cause);
  }

  /** What a call that ran out of memory is thrown as. */
  public ModelException outOfMemory(
      ModelVersion version, int rows, String reason, @Nullable Throwable cause) {
    return new ModelOutOfMemoryException(
        "%s: %s ran out of memory in a call with %d rows: %s"
            .formatted(version, engine, rows, reason),
        cause);
  }

  /**
   * What a load is thrown as if it ran out of memory; empty if it failed otherwise.
   *
   * @param subject what was loaded
   */
  public Optional<ModelException> outOfMemoryOfLoad(
      String subject, String reason, Throwable cause) {
    return isOutOfMemory(reason, cause)
        ? Optional.of(
            new ModelOutOfMemoryException(
                "%s: %s ran out of memory while it loaded: %s".formatted(subject, engine, reason),
                cause))
        : Optional.empty();
  }

  private static boolean isOutOfMemory(String reason, @Nullable Throwable cause) {
    return say(reason, OUT_OF_MEMORY) || (cause != null && say(cause.getMessage(), OUT_OF_MEMORY));
  }
}
