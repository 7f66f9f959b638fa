package io.tidemill.pipelines.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemill.pipelines.demo.DemoReport.Places;
import java.util.Map;

/**
 * A {@link DemoReport} as one JSON object for machines. A number that was not measured is null.
 *
 * <p>Stateless and so safe for use by several threads.
 */
final class ReportJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ReportJson() {}

  /** The object, indented, without a line break at its end. */
  static String of(DemoReport report) {
    Outcomes outcomes = report.outcomes();
    ObjectNode object = JSON.createObjectNode();
    object.put("recordsIn", report.recordsIn());
    object.put("predictions", outcomes.predictions());
    object.set("deadLetters", counts(outcomes.deadLetters()));
    object.put("lost", outcomes.lost());
    object.put("doubled", outcomes.doubled());
    object.put("unknownOrigin", outcomes.strange());
    object.put("withoutModel", outcomes.unsigned());
    put(object, "recordsPerSecond", outcomes.recordsPerSecond());
    object.put("backlog", report.backlog());
    object.put("steadyRecordsPerSecond", report.steadyPerSecond());
    put(object, "p50Millis", outcomes.p50Millis());
    put(object, "p99Millis", outcomes.p99Millis());
    put(object, "fill", report.fill());
    object.set("closeCauses", counts(report.closeCauses()));
    put(object, "auc", outcomes.auc());
    object.set("places", places(report.places()));
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(object);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of numbers and strings is always JSON", e);
    }
  }

  private static ObjectNode counts(Map<String, Long> counts) {
    ObjectNode object = JSON.createObjectNode();
    counts.forEach(object::put);
    return object;
  }

  private static void put(ObjectNode object, String name, double value) {
    if (Double.isFinite(value)) {
      object.put(name, value);
    } else {
      object.putNull(name);
    }
  }

  private static ObjectNode places(Places places) {
    return JSON.createObjectNode()
        .put("webUi", places.webUi())
        .put("broker", places.broker())
        .put("transactions", places.transactions())
        .put("predictions", places.predictions())
        .put("deadLetters", places.deadLetters())
        .put("model", places.model())
        .put("digest", places.digest())
        .put("store", places.store())
        .put("workFolder", places.workFolder());
  }
}
