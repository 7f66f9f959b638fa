package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.test.junit5.MiniClusterExtension;
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

  @RegisterExtension static final MiniClusterExtension CLUSTER = ReportedJob.cluster(reporter());

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

  /** What the page shows, with the address of this collector. */
  private static Configuration reporter() {
    String shown = "http://127.0.0.1:4318" + PATH;
    String block = spansOfThePage();
    assertThat(block).contains(shown);
    Configuration configuration = new Configuration();
    block
        .replace(shown, "http://127.0.0.1:" + COLLECTOR.getAddress().getPort() + PATH)
        .lines()
        .map(line -> line.split(": ", 2))
        .forEach(option -> configuration.setString(option[0], option[1]));
    return configuration;
  }

  private static String spansOfThePage() {
    try {
      String page = Files.readString(Path.of("..", "docs", "metrics.md"));
      Matcher block =
          Pattern.compile("## Spans\n.*?```yaml\n(.*?)```", Pattern.DOTALL).matcher(page);
      assertThat(block.find()).isTrue();
      return block.group(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterAll
  static void stop() {
    COLLECTOR.stop(0);
  }

  @Test
  void aBatchIsASpanWithStepModelAndTimes() throws Exception {
    new ReportedJob(FakeModel.ofFeatures(1), StepSettings.defaults().withTraceEvery(1))
        .start()
        .getJobExecutionResult()
        .get();

    String span = RECEIVED.take();
    while (!span.contains(BatchSpans.class.getName())) {
      // Flink's own, of checkpoints and starts.
      span = RECEIVED.take();
    }
    assertThat(span)
        // The name is a text of five bytes in the field 5; the scope's name has it in itself, too.
        .contains("*\u0005Batch")
        .contains("records", "modelNanos", "queueWaitNanos", "score", "fake", "1.0.0");
  }
}
