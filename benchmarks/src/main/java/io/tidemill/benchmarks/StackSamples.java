package io.tidemill.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordingFile;

/**
 * Where Java code spent its time, of the samples that the JVM takes of running threads: each
 * belongs to the innermost frame that says what it is for. Native code, such as a model's, has
 * none, and neither have the compiler and the collector.
 */
final class StackSamples {
  private static final String SAMPLE = "jdk.ExecutionSample";
  private static final String FLINK = "org.apache.flink.";

  /** Beginnings of class and method, and what they are for; the first that fits. */
  private static final Map<String, String> PURPOSES = purposes();

  private StackSamples() {}

  private static Map<String, String> purposes() {
    Map<String, String> purposes = new LinkedHashMap<>();
    List.of(
            "io.tidemill.connectors.kafka.KafkaRecordDecoder.headers",
            "io.tidemill.connectors.record.Origin.headers",
            "org.apache.kafka.common.header.internals.RecordHeader")
        .forEach(name -> purposes.put(name, "headers"));
    List.of(
            "io.tidemill.connectors.record.Origin",
            "io.tidemill.connectors.kafka.KafkaRecordDecoder.origin",
            "io.tidemill.connectors.record.UndecodedSplitter")
        .forEach(name -> purposes.put(name, "provenance"));
    List.of(
            "io.tidemill.connectors.kafka.KafkaRecordDecoder",
            "io.tidemill.connectors.avro.AvroDecoder",
            "io.tidemill.connectors.avro.AvroReader",
            "org.apache.flink.formats.avro.AvroRowDataDeserializationSchema",
            "org.apache.flink.connector.kafka.source.reader.deserializer")
        .forEach(name -> purposes.put(name, "decoding"));
    List.of(
            "io.tidemill.connectors.kafka.KafkaRecordEncoder",
            "io.tidemill.connectors.kafka.RecordLimit",
            "io.tidemill.connectors.avro.AvroEncoder",
            "io.tidemill.benchmarks.HandWrittenJob$WithHeaders",
            "org.apache.flink.formats.avro.AvroRowDataSerializationSchema")
        .forEach(name -> purposes.put(name, "encoding"));
    purposes.put("io.tidemill.inference", "step");
    purposes.put("io.tidemill.model", "model");
    purposes.put("org.apache.flink.connector.kafka.sink.KafkaCommitter", "commit");
    purposes.put("org.apache.flink.connector.kafka.sink.internal.Transaction", "commit");
    purposes.put("org.apache.kafka.clients.producer", "sending");
    purposes.put("org.apache.kafka.clients.consumer", "fetching");
    return purposes;
  }

  /** The part of each purpose, of the samples between two instants; together they are 1. */
  static Map<String, Double> parts(Path recording, Instant from, Instant to) throws IOException {
    Map<String, Integer> counts = new TreeMap<>();
    int all = 0;
    try (RecordingFile file = new RecordingFile(recording)) {
      while (file.hasMoreEvents()) {
        RecordedEvent event = file.readEvent();
        if (event.getEventType().getName().equals(SAMPLE)
            && event.getStackTrace() != null
            && !event.getStartTime().isBefore(from)
            && !event.getStartTime().isAfter(to)) {
          counts.merge(purpose(event.getStackTrace().getFrames()), 1, Integer::sum);
          all++;
        }
      }
    }
    Map<String, Double> parts = new TreeMap<>();
    for (Map.Entry<String, Integer> purpose : counts.entrySet()) {
      parts.put(purpose.getKey(), (double) purpose.getValue() / all);
    }
    return parts;
  }

  private static String purpose(List<RecordedFrame> frames) {
    String purpose = "other";
    for (RecordedFrame frame : frames) {
      RecordedMethod method = frame.getMethod();
      String name = method.getType().getName() + "." + method.getName();
      Optional<String> known =
          PURPOSES.entrySet().stream()
              .filter(one -> name.startsWith(one.getKey()))
              .map(Map.Entry::getValue)
              .findFirst();
      if (known.isPresent()) {
        return known.get();
      }
      if (name.startsWith(FLINK)) {
        purpose = "flink";
      }
    }
    return purpose;
  }
}
