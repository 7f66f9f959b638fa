package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tidemill.inference.Inference;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.loader.FakeModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.traces.otel.OpenTelemetryTraceReporterFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a collector is sent by Flink's OpenTelemetry reporter, as docs/metrics.md configures it. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class OpenTelemetryITCase {
  private static final String PATH = "/v1/traces";
  private static final BlockingQueue<String> RECEIVED = new LinkedBlockingQueue<>();
  private static final HttpServer COLLECTOR = collector();

  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setConfiguration(reporter())
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(1)
              .build());

  private static HttpServer collector() {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(PATH, OpenTelemetryITCase::receive);
      server.start();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      // Names and texts of the protocol's messages stand in them as they are.
      RECEIVED.add(
          new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private static Configuration reporter() {
    Configuration configuration = new Configuration();
    configuration.setString("traces.reporters", "otel");
    configuration.setString(
        "traces.reporter.otel.factory.class", OpenTelemetryTraceReporterFactory.class.getName());
    configuration.setString("traces.reporter.otel.exporter.protocol", "HTTP");
    configuration.setString(
        "traces.reporter.otel.exporter.endpoint",
        "http://127.0.0.1:" + COLLECTOR.getAddress().getPort() + PATH);
    return configuration;
  }

  @AfterAll
  static void stop() {
    COLLECTOR.stop(0);
  }

  @Test
  void aBatchIsASpanWithStepModelAndTimes() throws Exception {
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setParallelism(1);
    Inference.on(environment.fromData(1L, 2L, 3L, 4L))
        .model(FakeModels.source(FakeModel.ofFeatures(1)))
        .encode(
            (record, columns, row) -> {
              columns.fixedWidth(0).setFloat(row, record);
              return true;
            })
        .decode((record, outputs, row) -> record, Types.LONG)
        .apply("score", StepSettings.defaults().withMaxSize(4).withTraceEvery(1))
        .predictions()
        .sinkTo(new DiscardingSink<>());
    environment.execute("traced");

    String span = RECEIVED.take();
    while (!span.contains(BatchSpans.class.getName())) {
      // Flink's own, of checkpoints and starts.
      span = RECEIVED.take();
    }
    assertThat(span)
        .contains("Batch", "records", "modelNanos", "queueWaitNanos", "score", "fake", "1.0.0");
  }
}
