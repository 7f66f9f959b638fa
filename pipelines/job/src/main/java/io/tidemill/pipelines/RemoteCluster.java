package io.tidemill.pipelines;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.rest.RestClient;
import org.apache.flink.runtime.rest.messages.ClusterConfigurationInfoHeaders;

/**
 * A session cluster that a job is sent to over REST, as {@code flink run} does. Immutable.
 *
 * @param client what the sender is configured with, which need not be what the cluster is
 */
record RemoteCluster(Configuration client) {
  private static final Duration ANSWER = Duration.ofSeconds(10);

  /** Empty where the configuration is that of the cluster itself. */
  static Optional<RemoteCluster> of(ReadableConfig configuration) {
    return configuration
        .getOptional(DeploymentOptions.TARGET)
        .filter("remote"::equals)
        .map(remote -> new RemoteCluster(Configuration.fromMap(configuration.toMap())));
  }

  /** What it is configured with; empty if it does not say. Blocks for ten seconds at most. */
  Optional<Configuration> configuration() throws InterruptedException {
    Configuration told = new Configuration();
    try (RestClient rest = new RestClient(client, Runnable::run)) {
      rest.sendRequest(
              client.get(RestOptions.ADDRESS),
              client.get(RestOptions.PORT),
              ClusterConfigurationInfoHeaders.getInstance())
          .get(ANSWER.toSeconds(), TimeUnit.SECONDS)
          .forEach(entry -> told.setString(entry.getKey(), entry.getValue()));
      return Optional.of(told);
    } catch (InterruptedException interrupted) {
      throw interrupted;
    } catch (Exception silent) {
      // As it may be for what comes next, too, which says why.
      return Optional.empty();
    }
  }
}
