package io.tidemill.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemill.benchmarks.KafkaTurn.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What the turns came to. Whatever divides is divided within a lap, where the jobs ran close to
 * each other, and the laps' quotients come to one.
 *
 * <p>Not thread-safe.
 */
final class KafkaReport {
  private static final String SCORING = "tidemill";
  private static final String FLOOR = "pass-through";
  private static final String FLOOR_WITH_HEADERS = "pass-through-headers";

  private final KafkaArguments asked;
  private final List<Map<String, KafkaTurn>> laps = new ArrayList<>();
  private final Map<String, Map<String, Double>> samples = new LinkedHashMap<>();

  KafkaReport(KafkaArguments asked) {
    this.asked = asked;
  }

  /** Takes one turn of each job. */
  void add(Map<String, KafkaTurn> lap) {
    laps.add(new LinkedHashMap<>(lap));
  }

  /** Takes where a job's Java code spent its time, in parts of 1. */
  void addSamples(String job, Map<String, Double> parts) {
    samples.put(job, parts);
  }

  private Set<String> jobs() {
    return laps.get(0).keySet();
  }

  private Spread spread(Function<Map<String, KafkaTurn>, Double> value) {
    return Spread.of(laps.stream().map(value).toList());
  }

  private Spread part(String job, Part part) {
    return spread(lap -> part.of(turn(lap, job)));
  }

  private Map<String, Spread> figures() {
    Map<String, Spread> figures = new LinkedHashMap<>();
    figures.put("kafkaWallRatioToPassThrough", ratio(Part.WALL, FLOOR));
    figures.put("kafkaRateRatioToPassThrough", ratio(Part.RATE, FLOOR));
    figures.put("kafkaMemoryRatioToPassThrough", ratio(Part.MEMORY, FLOOR));
    figures.put("kafkaCpuRatioToPassThrough", ratio(Part.CPU, FLOOR));
    figures.put("kafkaRateRatioToPassThroughWithHeaders", ratio(Part.RATE, FLOOR_WITH_HEADERS));
    return figures;
  }

  /** How much more the scoring job takes: of a rate, how much less it does. */
  private Spread ratio(Part part, String floor) {
    return spread(
        lap -> {
          double ratio = part.of(turn(lap, SCORING)) / part.of(turn(lap, floor));
          return part == Part.RATE ? 1 / ratio : ratio;
        });
  }

  private static KafkaTurn turn(Map<String, KafkaTurn> lap, String job) {
    KafkaTurn turn = lap.get(job);
    if (turn == null) {
      throw new IllegalStateException("job '" + job + "': no turn (expected: one in each lap)");
    }
    return turn;
  }

  /** Seconds of processor time by what threads are for, the median of the turns. */
  private Map<String, Spread> threads(String job) {
    return seconds(job, KafkaTurn::threadSeconds);
  }

  private Map<String, Spread> seconds(String job, Function<KafkaTurn, Map<String, Double>> ofTurn) {
    Set<String> names = new TreeSet<>();
    laps.forEach(lap -> names.addAll(ofTurn.apply(turn(lap, job)).keySet()));
    Map<String, Spread> seconds = new LinkedHashMap<>();
    for (String name : names) {
      seconds.put(name, spread(lap -> ofTurn.apply(turn(lap, job)).getOrDefault(name, 0.0)));
    }
    return seconds;
  }

  /**
   * One object: how it was measured, {@code figures} by their names and their {@code spread}, the
   * {@code jobs} that they are made of, and of each {@code stageSeconds}, {@code threadSeconds} and
   * {@code code}, where its time goes.
   */
  String json() {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode root = mapper.createObjectNode();
    root.put("records", asked.records());
    root.put("turns", asked.turns());
    root.put("cores", Runtime.getRuntime().availableProcessors());
    ObjectNode figures = root.putObject("figures");
    figures().forEach((name, value) -> figures.put(name, value.median()));
    ObjectNode spread = root.putObject("spread");
    figures()
        .forEach(
            (name, value) ->
                spread
                    .putObject(name)
                    .put("lower", value.lowerQuartile())
                    .put("upper", value.upperQuartile()));
    ObjectNode jobs = root.putObject("jobs");
    for (String name : jobs()) {
      ObjectNode job = jobs.putObject(name);
      for (Part part : Part.values()) {
        job.put(part.label(), part(name, part).median());
      }
      ObjectNode stages = job.putObject("stageSeconds");
      seconds(name, KafkaTurn::stageSeconds)
          .forEach((stage, seconds) -> stages.put(stage, seconds.median()));
      ObjectNode threads = job.putObject("threadSeconds");
      threads(name).forEach((purpose, seconds) -> threads.put(purpose, seconds.median()));
      ObjectNode code = job.putObject("code");
      samples.getOrDefault(name, Map.of()).forEach(code::put);
    }
    return root.toPrettyString();
  }

  /** The same for people. */
  String table() {
    StringBuilder text = new StringBuilder();
    line(
        text,
        "%-22s %8s %8s %12s %8s %8s %8s",
        "job",
        "wall s",
        "start s",
        "records/s",
        "end s",
        "CPU s",
        "MiB");
    for (String job : jobs()) {
      line(
          text,
          "%-22s %8.1f %8.1f %,12.0f %8.1f %8.1f %8.0f",
          job,
          part(job, Part.WALL).median(),
          part(job, Part.START).median(),
          part(job, Part.RATE).median(),
          part(job, Part.END).median(),
          part(job, Part.CPU).median(),
          part(job, Part.MEMORY).median() / (1 << 20));
    }
    for (String job : jobs()) {
      seconds(job, KafkaTurn::stageSeconds)
          .forEach((stage, seconds) -> line(text, "%s %s: %.1f s", job, stage, seconds.median()));
      line(text, "%n%s, seconds of processor time by thread:", job);
      threads(job)
          .forEach((purpose, seconds) -> line(text, "  %-20s %8.2f", purpose, seconds.median()));
      line(text, "%s, parts of the time of its Java code:", job);
      samples
          .getOrDefault(job, Map.of())
          .forEach((purpose, part) -> line(text, "  %-20s %8.2f", purpose, part));
    }
    line(text, "%n%-40s %8s %20s", "figure", "", "half of the turns");
    figures()
        .forEach(
            (name, value) ->
                line(
                    text,
                    "%-40s %8.3f %9.3f %10.3f",
                    name,
                    value.median(),
                    value.lowerQuartile(),
                    value.upperQuartile()));
    return text.toString();
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values).stripTrailing())
        .append(System.lineSeparator());
  }
}
