package io.tidemill.pipelines.compose;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Flink inside this process, with its web UI on the loopback address only.
 *
 * <p>Stateless and thread-safe.
 */
public final class EmbeddedFlink {
  private static final String LOOPBACK = "127.0.0.1";
  private static final int PREFERRED_PORT = 8081;
  private static final int RESTARTS = 3;

  private EmbeddedFlink() {}

  /**
   * Starts a job. Blocks until Flink has accepted it.
   *
   * <p>Where the job says nothing of restarts, it fails after three of them, so that whoever
   * watches learns why.
   *
   * @throws RunFailedException if Flink does not start it
   */
  public static EmbeddedJob start(PlannedPipeline pipeline) {
    Configuration configuration = pipeline.configuration();
    configuration.set(RestOptions.ADDRESS, LOOPBACK);
    configuration.set(RestOptions.BIND_ADDRESS, LOOPBACK);
    int port = configuration.getOptional(RestOptions.PORT).orElseGet(EmbeddedFlink::port);
    configuration.set(RestOptions.PORT, port);
    configuration.set(RestOptions.BIND_PORT, String.valueOf(port));
    // A local page is not the place to upload code.
    configuration.set(WebOptions.SUBMIT_ENABLE, false);
    if (!configuration.contains(RestartStrategyOptions.RESTART_STRATEGY)) {
      configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
      configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, RESTARTS);
      configuration.set(
          RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofSeconds(1));
    }
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironmentWithWebUI(configuration);
    pipeline.attach(environment);
    String name = pipeline.definition().name();
    try {
      return new EmbeddedJob(
          name,
          environment.executeAsync(name),
          URI.create("http://" + LOOPBACK + ":" + port + "/"));
    } catch (Exception refused) {
      throw RunFailedException.of(name, refused);
    }
  }

  /** The preferred port or, where that is taken, one that is free now. */
  private static int port() {
    try {
      return free(PREFERRED_PORT);
    } catch (IOException taken) {
      try {
        return free(0);
      } catch (IOException none) {
        throw new UncheckedIOException("no free port on " + LOOPBACK, none);
      }
    }
  }

  private static int free(int port) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return socket.getLocalPort();
    }
  }
}
