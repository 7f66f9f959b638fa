package io.tidemill.pipelines.run;

import io.tidemill.pipelines.compose.ModelsAhead;
import io.tidemill.pipelines.compose.PlannedPipeline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.configuration.ClusterOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ExceptionUtils;

/**
 * Flink inside this process: it listens on the loopback address only, answers no page but its own,
 * and keeps its files in one folder that ends with the process.
 *
 * <p>Stateless and thread-safe.
 */
public final class EmbeddedFlink {
  private static final String LOOPBACK = "127.0.0.1";
  private static final int PREFERRED_PORT = 8081;
  private static final int PORTS_TRIED = 5;
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
    return start(pipeline, RunStart.unkept("anew"));
  }

  /**
   * Starts a job as {@code start} says, and keeps its state there. Blocks until Flink has accepted
   * it.
   *
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException if its steps want more direct
   *     memory than this process has
   * @throws RunFailedException if Flink does not start it
   */
  public static EmbeddedJob start(PlannedPipeline pipeline, RunStart start) {
    pipeline.checkMemory();
    Configuration configuration = pipeline.configuration();
    start.configure(configuration);
    secure(configuration);
    keepFiles(configuration);
    SharedRpcSystem.want();
    if (!configuration.contains(RestartStrategyOptions.RESTART_STRATEGY)) {
      configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
      configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, RESTARTS);
      configuration.set(
          RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofSeconds(1));
    }
    // Flink and a model take some seconds each to start.
    ModelsAhead models = pipeline.loadAhead();
    try {
      EmbeddedJob job = startOnFreePort(pipeline, start, configuration);
      CompletableFuture<JobExecutionResult> unused =
          job.client().getJobExecutionResult().whenComplete((result, failure) -> models.close());
      return job;
    } catch (RuntimeException refused) {
      models.close();
      throw refused;
    }
  }

  private static EmbeddedJob startOnFreePort(
      PlannedPipeline pipeline, RunStart start, Configuration configuration) {
    Optional<Integer> asked = configuration.getOptional(RestOptions.PORT);
    int tries = asked.isPresent() ? 1 : PORTS_TRIED;
    while (true) {
      try {
        return start(pipeline, start, configuration, asked.orElseGet(EmbeddedFlink::port));
      } catch (Exception refused) {
        // Another process took the port since it was seen to be free.
        boolean taken = ExceptionUtils.findThrowable(refused, BindException.class).isPresent();
        if (!taken || --tries == 0) {
          throw RunFailedException.of(pipeline.definition().name(), refused);
        }
      }
    }
  }

  private static EmbeddedJob start(
      PlannedPipeline pipeline, RunStart start, Configuration configuration, int port)
      throws Exception {
    start.begin();
    RunMetrics metrics = RunMetrics.of(configuration);
    String origin = "http://" + LOOPBACK + ":" + port;
    configuration.set(RestOptions.PORT, port);
    configuration.set(RestOptions.BIND_PORT, String.valueOf(port));
    configuration.set(WebOptions.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironmentWithWebUI(configuration);
    return new EmbeddedJob(
        pipeline.definition().name(),
        start,
        pipeline.start(environment),
        URI.create(origin + "/"),
        () -> RunFigures.of(pipeline, metrics));
  }

  /** What listens does so for this machine, and a page is no place to upload code or end a job. */
  private static void secure(Configuration configuration) {
    configuration.set(RestOptions.ADDRESS, LOOPBACK);
    configuration.set(RestOptions.BIND_ADDRESS, LOOPBACK);
    configuration.set(JobManagerOptions.ADDRESS, LOOPBACK);
    configuration.set(JobManagerOptions.BIND_HOST, LOOPBACK);
    configuration.set(TaskManagerOptions.HOST, LOOPBACK);
    configuration.set(TaskManagerOptions.BIND_HOST, LOOPBACK);
    configuration.set(WebOptions.SUBMIT_ENABLE, false);
    configuration.set(WebOptions.CANCEL_ENABLE, false);
    configuration.set(OwnPagesOnly.ENABLED, true);
  }

  private static void keepFiles(Configuration configuration) {
    String folder = RunFolder.ofProcess().path().toString();
    if (!configuration.contains(CoreOptions.TMP_DIRS)) {
      configuration.set(CoreOptions.TMP_DIRS, folder);
    }
    configuration.set(WebOptions.TMP_DIR, folder);
    configuration.set(ClusterOptions.PROCESS_WORKING_DIR_BASE, folder);
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
