package io.tidemill.pipelines.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a running job's steps count, read where a user would read it: from Flink's REST interface.
 *
 * <p>The values are as old as Flink's {@code metrics.fetcher.update-interval}.
 *
 * <p>Safe for use by several threads.
 */
final class JobMetrics {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(10);
  private static final Pattern CLOSED = Pattern.compile(".*\\.cause\\.([a-z_]+)\\.closed");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI job;

  /**
   * @param webInterface ends with a slash
   * @param jobId as Flink prints it
   */
  JobMetrics(URI webInterface, String jobId) {
    job = webInterface.resolve("jobs/" + jobId + "/");
  }

  /**
   * The counts of a step, over all its subtasks.
   *
   * @throws UncheckedIOException if Flink does not answer
   */
  BatchCounts batches(String step) throws InterruptedException {
    Map<String, Long> counts = counts(step);
    long records = 0;
    long batches = 0;
    Map<String, Long> closeCauses = new LinkedHashMap<>();
    for (Map.Entry<String, Long> count : counts.entrySet()) {
      Matcher closed = CLOSED.matcher(count.getKey());
      if (closed.matches() && count.getValue() > 0) {
        closeCauses.put(closed.group(1), count.getValue());
      } else if (count.getKey().endsWith(".records")) {
        records = count.getValue();
      } else if (count.getKey().endsWith(".batches")) {
        batches = count.getValue();
      }
    }
    return new BatchCounts(records, batches, closeCauses);
  }

  private Map<String, Long> counts(String step) throws InterruptedException {
    Pattern wanted =
        Pattern.compile(
            ".*\\.tidemill\\.step\\."
                + Pattern.quote(step)
                + "\\.model\\..*\\.(records|batches|cause\\.[a-z_]+\\.closed)");
    Map<String, Long> counts = new LinkedHashMap<>();
    for (JsonNode vertex : get(URI.create(job.toString().replaceAll("/$", ""))).path("vertices")) {
      URI metrics = job.resolve("vertices/" + vertex.path("id").asText() + "/subtasks/metrics");
      List<String> names = new ArrayList<>();
      get(metrics).forEach(metric -> names.add(metric.path("id").asText()));
      names.removeIf(name -> !wanted.matcher(name).matches());
      if (!names.isEmpty()) {
        String query =
            names.stream()
                .map(name -> URLEncoder.encode(name, StandardCharsets.UTF_8))
                .collect(Collectors.joining(","));
        get(URI.create(metrics + "?agg=sum&get=" + query))
            .forEach(metric -> counts.put(metric.path("id").asText(), metric.path("sum").asLong()));
      }
    }
    return counts;
  }

  private JsonNode get(URI uri) throws InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(TIME_LIMIT).build();
    try {
      return JSON.readTree(client.send(request, BodyHandlers.ofString()).body());
    } catch (IOException e) {
      throw new UncheckedIOException("Flink does not answer at " + uri, e);
    }
  }
}
