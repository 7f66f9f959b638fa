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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * What a running job's steps count, read where a user would read it: from Flink's REST interface.
 *
 * <p>The values are as old as Flink's {@code metrics.fetcher.update-interval}.
 *
 * <p>Safe for use by several threads.
 */
final class JobMetrics {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI job;

  /**
   * @param webInterface ends with a slash
   * @param jobId as Flink prints it
   */
  JobMetrics(URI webInterface, String jobId) {
    job = webInterface.resolve("jobs/" + jobId);
  }

  /**
   * The counts of a step, over all its subtasks.
   *
   * @throws UncheckedIOException if Flink does not answer
   */
  BatchCounts batches(String step) throws InterruptedException {
    Pattern wanted =
        Pattern.compile(
            ".*\\.tidemill\\.step\\.%s\\.model\\..*\\.(?:(records|batches)|cause\\.([a-z_]+)\\.closed)"
                .formatted(Pattern.quote(step)));
    long records = 0;
    long batches = 0;
    Map<String, Long> closeCauses = new TreeMap<>();
    for (JsonNode count : sums(wanted.asMatchPredicate())) {
      Matcher name = wanted.matcher(count.path("id").asText());
      long sum = count.path("sum").asLong();
      if (!name.matches() || sum == 0) {
        continue;
      }
      if (name.group(2) != null) {
        closeCauses.put(name.group(2), sum);
      } else if (name.group(1).equals("records")) {
        records = sum;
      } else {
        batches = sum;
      }
    }
    return new BatchCounts(records, batches, closeCauses);
  }

  private List<JsonNode> sums(Predicate<String> wanted) throws InterruptedException {
    List<JsonNode> sums = new ArrayList<>();
    for (JsonNode vertex : get(job).path("vertices")) {
      URI metrics =
          URI.create(job + "/vertices/" + vertex.path("id").asText() + "/subtasks/metrics");
      String names =
          StreamSupport.stream(get(metrics).spliterator(), false)
              .map(metric -> metric.path("id").asText())
              .filter(wanted)
              .map(name -> URLEncoder.encode(name, StandardCharsets.UTF_8))
              .collect(Collectors.joining(","));
      if (!names.isEmpty()) {
        get(URI.create(metrics + "?agg=sum&get=" + names)).forEach(sums::add);
      }
    }
    return sums;
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
