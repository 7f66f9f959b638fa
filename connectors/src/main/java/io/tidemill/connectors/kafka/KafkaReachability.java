package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionProblem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;

/** Asks a broker whether it is there, and whether it has the topics. Stateless. */
public final class KafkaReachability {
  private KafkaReachability() {}

  /**
   * Connects, asks and disconnects. Blocks for no longer than {@code limit} and the time that the
   * client takes to close.
   *
   * @param options of a Kafka source or sink; others have nothing to ask
   * @param neighbours whose connection is used where the options have none, as sinks do
   * @param topicMustExist whether a topic that is not there is a problem: it is for a source, while
   *     a broker may create the topic of a sink
   * @return what stands in the way, in a person's words; empty if nothing does
   */
  public static List<OptionProblem> check(
      ConnectorOptions options,
      List<ConnectorOptions> neighbours,
      boolean topicMustExist,
      Duration limit) {
    ConnectorOptions connected = KafkaOptions.connected(options, neighbours);
    Optional<String> servers = KafkaOptions.bootstrapServers(connected);
    if (servers.isEmpty()) {
      return List.of();
    }
    Properties properties = new Properties();
    KafkaOptions.properties(connected)
        .forEach(
            (key, value) -> {
              if (AdminClientConfig.configNames().contains(key.toString())) {
                properties.put(key, value);
              }
            });
    int millis = (int) Math.min(limit.toMillis(), Integer.MAX_VALUE);
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
    try (Admin admin = Admin.create(properties)) {
      Set<String> existing =
          admin.listTopics().names().get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return topicMustExist ? missing(connected, servers.get(), existing) : List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of(unreachable(connected, servers.get(), "interrupted"));
    } catch (ExecutionException e) {
      return List.of(unreachable(connected, servers.get(), innermostMessage(e)));
    } catch (TimeoutException e) {
      return List.of(
          unreachable(connected, servers.get(), "no answer in " + limit.toMillis() + " ms"));
    } catch (KafkaException e) {
      return List.of(unreachable(connected, servers.get(), innermostMessage(e)));
    }
  }

  private static List<OptionProblem> missing(
      ConnectorOptions options, String servers, Set<String> existing) {
    List<OptionProblem> problems = new ArrayList<>();
    String topics = options.values().getOrDefault(KafkaConnectorOptions.TOPIC.key(), "");
    Arrays.stream(topics.split(";"))
        .map(String::strip)
        .filter(topic -> !topic.isEmpty() && !existing.contains(topic))
        .forEach(
            topic ->
                problems.add(
                    new OptionProblem(
                        options.place(),
                        KafkaConnectorOptions.TOPIC.key(),
                        "'"
                            + topic
                            + "' is not on the broker at "
                            + servers
                            + " (expected: a topic that exists; create it, or correct its name)")));
    return problems;
  }

  private static String innermostMessage(Throwable failure) {
    Throwable cause = failure;
    for (Throwable next = cause.getCause(); next != null; next = cause.getCause()) {
      cause = next;
    }
    return String.valueOf(cause.getMessage());
  }

  private static OptionProblem unreachable(ConnectorOptions options, String servers, String cause) {
    return new OptionProblem(
        options.place(),
        KafkaOptions.BOOTSTRAP,
        "no Kafka broker answers at "
            + servers
            + ": "
            + cause
            + " (expected: a running broker; start it, or correct the address)");
  }
}
