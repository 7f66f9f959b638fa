package io.tidemill.pipelines.nightly;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.tidemill.model.store.GuardedFiles;
import java.util.Optional;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes accounts as JSON, each whole or not at all.
 *
 * <p>Thread-safe.
 */
record AccountFiles(GuardedFiles files) {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          // Of a later version.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /** How often a file is read until it is an account. */
  private static final int READINGS = 10;

  void write(Path file, Object account) {
    try {
      files.write(file, JSON.writeValueAsString(account) + "\n");
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException(unexpected);
    }
  }

  /**
   * The account in a file.
   *
   * @return empty if it is not there
   * @throws NightlyException if it is none
   */
  <T> Optional<T> read(Path file, Class<T> type) {
    for (int reading = 1; ; reading++) {
      Optional<byte[]> text = files.read(file, Integer.MAX_VALUE - 8);
      try {
        return text.isEmpty() ? Optional.empty() : Optional.of(parse(file, text.get(), type));
      } catch (JsonProcessingException damaged) {
        // Or its run beats just now, on a file system that does not replace a file in one step.
        if (reading == READINGS) {
          throw none(file, damaged.getOriginalMessage(), damaged);
        }
      }
    }
  }

  private static <T> T parse(Path file, byte[] text, Class<T> type) throws JsonProcessingException {
    // JSON's null is none either.
    return Optional.ofNullable(JSON.readValue(new String(text, UTF_8), type))
        .orElseThrow(() -> none(file, "null", null));
  }

  private static NightlyException none(Path file, String why, @Nullable Exception damaged) {
    return new NightlyException(
        NightlyException.Reason.FAILED,
        "'%s': no account of a run: %s (expected: as Tidemill wrote it; once no run for its date goes on, take it away, and run again with --force)"
            .formatted(file, why.lines().findFirst().orElse("")),
        damaged);
  }
}
