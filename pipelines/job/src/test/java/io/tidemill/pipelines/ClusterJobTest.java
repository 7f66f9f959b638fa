package io.tidemill.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.cache.LocalModelCache;
import io.tidemill.model.store.signing.Keys;
import io.tidemill.pipelines.compose.Jobs;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.unit.PackedJob;
import io.tidemill.pipelines.unit.UnitDraft;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.client.program.StreamContextEnvironment;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.core.execution.PipelineExecutorFactory;
import org.apache.flink.core.execution.PipelineExecutorServiceLoader;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job as a cluster runs it whose configuration is its own. */
class ClusterJobTest {
  private static final Map<String, String> HIGH_AVAILABILITY =
      Map.of("high-availability.type", "zookeeper");
  private static final Map<String, String> NONE = Map.of("high-availability.type", "NONE");

  @TempDir private Path directory;

  /** A cluster that says when a job comes to it. */
  private static final class Cluster implements PipelineExecutorServiceLoader {
    @Override
    public PipelineExecutorFactory getExecutorFactory(Configuration configuration) {
      throw new Submitted();
    }

    @Override
    public Stream<String> getExecutorNames() {
      return Stream.of("test");
    }
  }

  private static final class Submitted extends RuntimeException {}

  @BeforeEach
  void publish() throws IOException {
    System.setProperty(LocalModelCache.PROPERTY, directory.resolve("cache").toString());
    new Jobs(directory).publish("fraud", "1.4.2");
  }

  @AfterEach
  void leaveTheCluster() {
    System.clearProperty(LocalModelCache.PROPERTY);
    StreamContextEnvironment.unsetAsContext();
  }

  private ThrowingCallable submit(String yaml, Map<String, String> cluster, String... more)
      throws IOException {
    Path job = Files.writeString(directory.resolve("job.yaml"), yaml);
    List<String> arguments =
        new ArrayList<>(List.of(job.toString(), "--store", new Jobs(directory).store()));
    arguments.addAll(List.of(more));
    onA(cluster);
    return () -> ClusterJob.main(arguments.toArray(String[]::new));
  }

  /** Makes it the cluster that a job comes to. */
  private void onA(Map<String, String> cluster) {
    Configuration configuration = Configuration.fromMap(cluster);
    if (!configuration.contains(DeploymentOptions.TARGET)) {
      configuration.set(DeploymentOptions.TARGET, "test");
    }
    StreamContextEnvironment.setAsContext(
        new Cluster(),
        configuration,
        getClass().getClassLoader(),
        1,
        1,
        false,
        null,
        null,
        List.of());
  }

  @Test
  void refusesToBeginWhatTheClusterForgetsAndWouldPublishTwice() throws Exception {
    for (Map<String, String> cluster : List.of(NONE, Map.<String, String>of())) {
      assertThatThrownBy(submit(Jobs.KAFKA, cluster))
          .isInstanceOf(InvalidPipelineException.class)
          .hasMessageContaining("job.yaml:17:3: sink: exactly-once on a cluster without")
          .hasMessageContaining("high-availability.type: zookeeper or kubernetes")
          .hasMessageContaining("execution.state-recovery.path")
          .hasMessageContaining("at-least-once")
          .hasMessageContaining("--allow-doubles");
    }
  }

  @Test
  void beginsWhereTheClusterKeepsTheJob() throws Exception {
    assertThatThrownBy(submit(Jobs.KAFKA, HIGH_AVAILABILITY)).isInstanceOf(Submitted.class);
  }

  /** Submits from a client that only knows where a session cluster is, which answers so. */
  private ThrowingCallable submitTo(String answer) throws Exception {
    HttpServer jobManager =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    jobManager.createContext(
        "/v1/jobmanager/config",
        exchange -> {
          byte[] body = answer.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    jobManager.start();
    ThrowingCallable submit =
        submit(
            Jobs.KAFKA,
            Map.of(
                "execution.target", "remote",
                "rest.address", "127.0.0.1",
                "rest.port", String.valueOf(jobManager.getAddress().getPort())));
    return () -> {
      try {
        submit.call();
      } finally {
        jobManager.stop(0);
      }
    };
  }

  @Test
  void aClusterIsAskedWhetherItKeepsJobsWhereTheClientDoesNotSay() throws Exception {
    assertThatThrownBy(
            submitTo("[{\"key\": \"high-availability.type\", \"value\": \"zookeeper\"}]"))
        .isInstanceOf(Submitted.class);
    for (String other :
        List.of("[]", "[{\"key\": \"high-availability.type\", \"value\": \"NONE\"}]", "<html>")) {
      assertThatThrownBy(submitTo(other)).isInstanceOf(InvalidPipelineException.class);
    }
  }

  @Test
  void aJobThatSaysSoDoesNotMakeTheClusterKeepIt() throws Exception {
    String set = "high-availability.type=zookeeper";

    assertThatThrownBy(submit(Jobs.KAFKA, NONE, "--set", set))
        .isInstanceOf(InvalidPipelineException.class);
  }

  @Test
  void beginsWithASavepointOrARetainedCheckpoint() throws Exception {
    String key = "execution.state-recovery.path";

    assertThatThrownBy(submit(Jobs.KAFKA, Map.of(key, "file:/kept/chk-7")))
        .isInstanceOf(Submitted.class);
    assertThatThrownBy(submit(Jobs.KAFKA, NONE, "--set", key + "=file:/kept/chk-7"))
        .isInstanceOf(Submitted.class);
  }

  @Test
  void beginsWhereDoublesAreAllowed() throws Exception {
    assertThatThrownBy(submit(Jobs.KAFKA, NONE, "--allow-doubles")).isInstanceOf(Submitted.class);
    String both =
        Jobs.KAFKA
            .replace("exactly-once", "at-least-once")
            .replace("topic: dead", "topic: dead, sink.delivery-guarantee: at-least-once");
    assertThatThrownBy(submit(both, NONE)).isInstanceOf(Submitted.class);
  }

  /** A unit of a job whose versions are in no other store that it names. */
  private Path unit() throws Exception {
    Path yaml = Files.writeString(directory.resolve("job.yaml"), Jobs.KAFKA);
    Jobs jobs = new Jobs(directory);
    PlannedPipeline planned = jobs.plan(Jobs.KAFKA, Map.of());
    Path unit = directory.resolve("fraud-1.0.0.tar");
    new UnitDraft(
            "fraud",
            SemanticVersion.parse("1.0.0"),
            Map.of(PackedJob.YAML, Files.readString(yaml)),
            Map.of("score", planned.models().get(0)),
            ModelStore.open(jobs.store()))
        .write(unit, Optional.empty());
    return unit;
  }

  private ThrowingCallable submit(Path unit, Path store, String... more) throws IOException {
    onA(HIGH_AVAILABILITY);
    List<String> arguments = new ArrayList<>(List.of(unit.toString(), "--store", store.toString()));
    arguments.addAll(List.of(more));
    return () -> ClusterJob.main(arguments.toArray(String[]::new));
  }

  @Test
  void aUnitsVersionsArePublishedWhereTheClusterFindsThem() throws Exception {
    Path unit = unit();
    Path store = directory.resolve("of-the-cluster");

    // On every start, as after its JobManager died.
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(submit(unit, store)).isInstanceOf(Submitted.class);
    }
    assertThat(ModelStore.open(store.toString()).versions("fraud"))
        .containsExactly(SemanticVersion.parse("1.4.2"));
  }

  @Test
  void aUnitIsRefusedWhereAByteDiffersOrNobodySignedItWhoMust() throws Exception {
    Path unit = unit();
    Path store = directory.resolve("of-the-cluster");
    Path key =
        Files.writeString(
            directory.resolve("release.pem"), Keys.generated("secp256r1").verificationKey().pem());

    assertThatThrownBy(submit(unit, store, "--signed-by", key.toString()))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("fraud:1.0.0: not signed");
    byte[] bytes = Files.readAllBytes(unit);
    bytes[6000] ^= 1;
    Files.write(unit, bytes);
    assertThatThrownBy(submit(unit, store)).isInstanceOf(InvalidModelException.class);
    assertThat(store).doesNotExist();
  }

  @Test
  void aBatchJobBeginsAnywhere() throws Exception {
    String batch =
        "mode: batch\n"
            + Jobs.KAFKA.replace(
                "  scan.startup.mode:", "  scan.bounded.mode: latest-offset\n  scan.startup.mode:");

    assertThatThrownBy(submit(batch, NONE)).isInstanceOf(Submitted.class);
  }
}
