package io.tidemill.pipelines.demo;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a demo found: the account of all records, how fast, how well, and where to look further.
 * Immutable and so safe for use by several threads.
 *
 * @param recordsIn how many records were written to the source topic
 * @param backlog how many of them waited when the job began
 * @param steadyPerSecond how many of the others came each second
 * @param outcomes what became of them
 * @param fill mean batch size over {@code max-size} while the backlog was worked off, 0 to 1; not a
 *     number if not measured
 * @param closeCauses how many batches closed for each cause meanwhile
 * @param places where the parts are
 */
record DemoReport(
    long recordsIn,
    long backlog,
    @JsonProperty("steadyRecordsPerSecond") int steadyPerSecond,
    @JsonUnwrapped Outcomes outcomes,
    double fill,
    Map<String, Long> closeCauses,
    Places places) {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .addModule(
              new SimpleModule()
                  .addSerializer(double.class, new NullForNan())
                  .addSerializer(Double.class, new NullForNan()))
          .build();

  DemoReport {
    closeCauses = Collections.unmodifiableMap(new TreeMap<>(closeCauses));
  }

  /**
   * Where the parts of the demo are.
   *
   * @param webUi the address of Flink's web UI; null where none runs
   * @param broker the broker's address
   * @param model name and version
   * @param digest the model's, with its algorithm
   * @param store the store's URI
   * @param workFolder the folder of everything
   */
  record Places(
      @Nullable String webUi,
      String broker,
      String transactions,
      String predictions,
      String deadLetters,
      String model,
      String digest,
      String store,
      String workFolder) {}

  /** 0 if each record had exactly one outcome, else 1: the command's exit code. */
  int exitCode() {
    return outcomes.exactlyOnce() ? 0 : 1;
  }

  /**
   * One JSON object for machines, indented, without a line break at its end. A number that was not
   * measured is null.
   */
  String json() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("numbers and strings are always JSON", e);
    }
  }

  /** Writes a number that JSON does not have as null. */
  private static final class NullForNan extends StdSerializer<Double> {
    NullForNan() {
      super(Double.class);
    }

    @Override
    public void serialize(Double value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      if (Double.isFinite(value)) {
        json.writeNumber(value);
      } else {
        json.writeNull();
      }
    }
  }
}
