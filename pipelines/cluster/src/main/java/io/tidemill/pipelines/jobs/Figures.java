package io.tidemill.pipelines.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the tasks of a job that runs have counted since they started, added up over subtasks. The
 * JobManager asks them every ten seconds or so. Immutable.
 *
 * @param recordsIn that the first step was given
 * @param recordsOut that the sink was given
 * @param deadLetters that the dead-letter sink was given
 */
record Figures(long recordsIn, long recordsOut, long deadLetters) {
  private static final Pattern STEP = Pattern.compile("(.+)\\.tidemill\\.step\\..*\\.records");
  private static final String IN = ".numRecordsIn";

  /** Of each, the first that a job has is what records come to before all others. */
  private static final List<String> SINKS = List.of("sink-fields", "sink-columns", "sink__Writer");

  private static final List<String> DEAD_LETTERS =
      List.of("dead-letter-fields", "dead-letter__Writer");

  /** Those of the tasks of a job. Asks for the counters that are of use. */
  static Figures of(FlinkCluster cluster, String job, List<String> vertices)
      throws InterruptedException {
    Map<String, Long> counters = new TreeMap<>();
    List<String> steps = new ArrayList<>();
    for (String vertex : vertices) {
      String path = "/jobs/%s/vertices/%s/subtasks/metrics".formatted(job, vertex);
      List<String> names = new ArrayList<>();
      for (JsonNode metric : cluster.ask(rest -> rest.get(path, ""))) {
        String name = metric.path("id").asText();
        var step = STEP.matcher(name);
        if (step.matches()) {
          steps.add(step.group(1));
        }
        if (name.endsWith(IN)) {
          names.add(name);
        }
      }
      if (!names.isEmpty()) {
        String wanted =
            names.stream()
                .map(name -> URLEncoder.encode(name, StandardCharsets.UTF_8))
                .collect(Collectors.joining(","));
        for (JsonNode metric : cluster.ask(rest -> rest.get(path + "?agg=sum&get=" + wanted, ""))) {
          counters.merge(
              metric.path("id").asText(), Math.round(metric.path("sum").asDouble()), Long::sum);
        }
      }
    }
    return new Figures(
        steps.stream().mapToLong(step -> counters.getOrDefault(step + IN, 0L)).max().orElse(0),
        first(counters, SINKS),
        first(counters, DEAD_LETTERS));
  }

  private static long first(Map<String, Long> counters, List<String> operators) {
    return operators.stream()
        .mapToLong(name -> counters.getOrDefault(name + IN, 0L))
        .filter(records -> records > 0)
        .findFirst()
        .orElse(0);
  }
}
