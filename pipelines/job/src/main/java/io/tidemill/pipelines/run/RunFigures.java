package io.tidemill.pipelines.run;

import static java.util.stream.Collectors.toMap;

import io.tidemill.model.ModelVersion;
import io.tidemill.pipelines.compose.JobDeadLetter;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.StepDefinition;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a run has done so far. What it did again after a restart counts again. Immutable.
 *
 * @param recordsIn all that the source has read, also what did not decode
 * @param predictions records that the sink has written, but for tombstones, which no model made
 * @param deadLetters by cause; {@code undecodable} are records that the source could not decode,
 *     {@code corrupt-file} are files of which it could not read all, each for one record, {@code
 *     unwritable} those of the sink
 * @param lag records that wait at the source, as far as it tells
 * @param done how much of what an input that ends had left was read, 0 to 1: of records, or of the
 *     bytes of files that were read to their ends; negative where nobody knows
 * @param restarts how often the job has failed and gone on
 * @param secondsSinceCheckpoint since the last checkpoint was complete; negative if none was
 */
public record RunFigures(
    long recordsIn,
    long predictions,
    Map<String, Long> deadLetters,
    long lag,
    double done,
    long restarts,
    double secondsSinceCheckpoint,
    List<Step> steps) {
  private static final String IN = "numRecordsIn";
  private static final String READER = "Source: source";
  private static final String SOURCE = "source-undecoded";
  private static final String SINK = "sink: Writer";
  private static final double NANOS = 1e9;
  private static final double UNKNOWN = -1;

  public RunFigures {
    deadLetters = Collections.unmodifiableMap(new TreeMap<>(deadLetters));
    steps = List.copyOf(steps);
  }

  /**
   * What one step has done.
   *
   * @param fill mean records of a batch as a part of the largest, 0 to 1
   * @param modelP99Micros of the model calls of the last batches
   */
  public record Step(
      String step,
      String model,
      long batches,
      double fill,
      double encodeSeconds,
      double modelSeconds,
      double decodeSeconds,
      double backPressuredSeconds,
      double modelP99Micros) {}

  static RunFigures of(PlannedPipeline planned, RunMetrics metrics) {
    List<StepDefinition> steps = planned.definition().steps();
    Map<String, Long> deadLetters =
        byCause(metrics, steps.stream().map(StepDefinition::id).toArray(String[]::new));
    long ofSource =
        Math.max(0, first(metrics, "dead-letter-fields", "dead-letter: Writer") - sum(deadLetters));
    Map<String, Long> ofFiles = byCause(metrics, SOURCE);
    Map<String, Long> ofSink = byCause(metrics, SINK);
    ofFiles.forEach((cause, letters) -> deadLetters.merge(cause, letters, Long::sum));
    ofSink.forEach((cause, letters) -> deadLetters.merge(cause, letters, Long::sum));
    if (ofSource > sum(ofFiles)) {
      deadLetters.put(JobDeadLetter.UNDECODABLE, ofSource - sum(ofFiles));
    }
    long recordsIn = metrics.sum(steps.get(0).id(), IN) + ofSource;
    // Before that of which they are a part, which grows meanwhile.
    long tombstones = metrics.sum(SINK, "tombstones");
    long lag = metrics.sum(READER, "pendingRecords");
    long restarts = metrics.told("numRestarts").orElse(0);
    return new RunFigures(
        recordsIn,
        first(metrics, "sink-fields", "sink-columns", SINK) - tombstones - sum(ofSink),
        deadLetters,
        lag,
        planned.bounded() ? done(metrics, recordsIn, lag, restarts) : UNKNOWN,
        restarts,
        sinceCheckpoint(metrics.sum("", "lastCheckpointCompletedTimestamp")),
        IntStream.range(0, steps.size())
            .mapToObj(i -> step(steps.get(i), planned.models().get(i), metrics))
            .toList());
  }

  private static double done(RunMetrics metrics, long recordsIn, long lag, long restarts) {
    if (restarts > 0) {
      // A source that begins again has a gauge that Flink does not take beside its first.
      return lag > 0 ? part(recordsIn, lag) : UNKNOWN;
    }
    OptionalLong records = metrics.told("pendingRecords");
    if (records.isPresent()) {
      // None may be left to fetch while those that were fetched are still to be scored.
      return records.getAsLong() > 0 ? part(recordsIn, records.getAsLong()) : UNKNOWN;
    }
    OptionalLong bytes = metrics.told("bytesLeft");
    return bytes.isPresent() ? part(metrics.sum(READER, "bytesRead"), bytes.getAsLong()) : UNKNOWN;
  }

  private static double part(long read, long left) {
    return read + left > 0 ? (double) read / (read + left) : UNKNOWN;
  }

  private static double sinceCheckpoint(long epochMillis) {
    return epochMillis <= 0 ? UNKNOWN : Math.max(0, System.currentTimeMillis() - epochMillis) / 1e3;
  }

  /** What operators count as dead letters that they make, in the words of letters. */
  private static Map<String, Long> byCause(RunMetrics metrics, String... operators) {
    return Stream.of(operators)
        .flatMap(operator -> metrics.byCause(operator, "deadLetters").entrySet().stream())
        .collect(
            toMap(
                cause -> cause.getKey().replace('_', '-'),
                Map.Entry::getValue,
                Long::sum,
                TreeMap::new));
  }

  private static long sum(Map<String, Long> byCause) {
    return byCause.values().stream().mapToLong(Long::longValue).sum();
  }

  /** What came to the first of these that a sink has, which differs by connector. */
  private static long first(RunMetrics metrics, String... operators) {
    return Stream.of(operators)
        .mapToLong(operator -> metrics.sum(operator, IN))
        .filter(records -> records > 0)
        .findFirst()
        .orElse(0);
  }

  private static Step step(StepDefinition step, ModelVersion version, RunMetrics metrics) {
    String id = step.id();
    long batches = metrics.sum(id, "batches");
    int maxSize = step.settings().batching().maxSize();
    return new Step(
        id,
        version.toString(),
        batches,
        batches == 0 ? 0 : (double) metrics.sum(id, "records") / batches / maxSize,
        metrics.sum(id, "encodeNanos") / NANOS,
        metrics.sum(id, "modelNanos") / NANOS,
        metrics.sum(id, "decodeNanos") / NANOS,
        metrics.sum(id, "backPressuredNanos") / NANOS,
        metrics.p99(id, "modelMicros"));
  }

  /** Of a job that has read its input to the end. */
  RunFigures finished() {
    return new RunFigures(
        recordsIn, predictions, deadLetters, lag, 1, restarts, secondsSinceCheckpoint, steps);
  }

  /** Whether there were records, and all of them became dead letters. */
  public boolean allDead() {
    return predictions == 0 && allDeadLetters() > 0;
  }

  /** Dead letters of all causes. */
  public long allDeadLetters() {
    return sum(deadLetters);
  }
}
