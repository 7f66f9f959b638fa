package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionProblems;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;

/** Keeps a job from reading what it writes. Stateless. */
final class Topics {
  private Topics() {}

  /** Reports that {@code topic} of the sink {@code written} is one that the source reads. */
  static void checkNotRead(
      String topic, ConnectorOptions written, ConnectorOptions source, OptionProblems problems) {
    if (reads(source, topic) && mayBeOneCluster(written, source)) {
      problems.add(
          KafkaConnectorOptions.TOPIC.key(),
          "'"
              + topic
              + "' is read by the source of the same job (expected: another topic, or the job would"
              + " read what it writes without end)");
    }
  }

  private static boolean reads(ConnectorOptions source, String topic) {
    Map<String, String> values = source.values();
    if (!KafkaOptions.CONNECTOR.equals(values.get(ConnectorOptions.CONNECTOR))) {
      return false;
    }
    List<String> topics =
        Arrays.stream(values.getOrDefault(KafkaConnectorOptions.TOPIC.key(), "").split(";"))
            .map(String::strip)
            .toList();
    return topics.contains(topic) || patternMatches(values, topic);
  }

  private static boolean patternMatches(Map<String, String> values, String topic) {
    try {
      return Optional.ofNullable(values.get(KafkaConnectorOptions.TOPIC_PATTERN.key()))
          .filter(pattern -> Pattern.matches(pattern, topic))
          .isPresent();
    } catch (PatternSyntaxException e) {
      // The source itself reports a pattern that is none.
      return false;
    }
  }

  private static boolean mayBeOneCluster(ConnectorOptions written, ConnectorOptions source) {
    return !Collections.disjoint(servers(written), servers(source));
  }

  private static Set<String> servers(ConnectorOptions options) {
    return Arrays.stream(KafkaOptions.bootstrapServers(options).orElse("").split(","))
        .map(String::strip)
        .collect(Collectors.toSet());
  }
}
