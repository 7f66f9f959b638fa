package io.tidemill.inference.operator;

import io.tidemill.inference.Inference;
import io.tidemill.inference.Scored;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.loader.FakeModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource.NumberSequenceSplit;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;

/**
 * A job whose savepoint each release keeps, as a folder under {@code src/test/resources/savepoints}
 * that {@link StoredJobITCase} restores. {@link NewReleaseITCase} writes those of a new release.
 *
 * <p>At the savepoint the source has sent the records 1 to {@value #READ} of {@value #RECORDS}.
 * Those to {@value #EMITTED} have left the job; memory taught the step by them that {@value
 * #SIZE_LIMIT} fit. Of the others each of the {@value #PARALLELISM} subtasks has two batches in
 * flight, at least one in a call that lasts, and one record in its open batch.
 */
final class StoredJob {
  static final int RECORDS = 40;
  static final int READ = 18;
  static final int EMITTED = 8;
  static final int SIZE_LIMIT = 2;

  /** Of a source that nothing holds back. */
  static final RateLimiterStrategy<NumberSequenceSplit> AT_ONCE =
      parallelism -> records -> CompletableFuture.completedFuture(null);

  private static final int PARALLELISM = 2;
  private static final int MAX_SIZE = 4;
  private static final int MAX_IN_FLIGHT = 2;

  private static final class Stamped extends ProcessFunction<Long, String> {
    private static final long serialVersionUID = 1L;

    @Override
    public void processElement(Long record, Context context, Collector<String> out) {
      out.collect(outcome(record, context.timestamp()));
    }
  }

  private StoredJob() {}

  /** What comes of a record that was sent at a time. */
  static String outcome(long record, long timestamp) {
    return record + "@" + timestamp;
  }

  /** The event time of a record. */
  static long timestamp(long record) {
    return 1_000 * record;
  }

  /** Adds source and step; answers one outcome for each record. */
  static DataStream<String> attach(
      StreamExecutionEnvironment environment,
      RateLimiterStrategy<NumberSequenceSplit> rate,
      FakeModel model) {
    DataStream<Long> records =
        environment
            .fromSource(
                new DataGeneratorSource<>(index -> index + 1, RECORDS, rate, Types.LONG),
                WatermarkStrategy.<Long>noWatermarks()
                    .withTimestampAssigner((record, before) -> timestamp(record)),
                "source")
            .uid("source")
            .setParallelism(1)
            .rebalance();
    Scored<Long, Long> scored =
        Inference.on(records)
            .model(FakeModels.source(model))
            .encode(
                (record, columns, row) -> {
                  columns.fixedWidth(0).setFloat(row, record);
                  return true;
                })
            .decode(
                (record, outputs, row) -> (long) outputs.fixedWidth(0).getFloat(row), Types.LONG)
            .apply(
                "score",
                StepSettings.defaults()
                    .withMaxSize(MAX_SIZE)
                    .withMaxDelay(Duration.ofHours(1))
                    .withMaxInFlight(MAX_IN_FLIGHT));
    return scored
        .predictions()
        .process(new Stamped())
        .union(scored.deadLetters().map(letter -> "dead letter: " + letter).returns(Types.STRING));
  }

  /** Runs the job up to its savepoint, and leaves that in a folder that is not there yet. */
  static void write(Path folder) throws Exception {
    FakeModel model =
        FakeModel.ofFeatures(1)
            .behave(
                (self, input, allocator) -> {
                  if (input.rows() > SIZE_LIMIT) {
                    throw new ModelOutOfMemoryException("no room for " + input.rows() + " rows");
                  }
                  return self.answer(input, allocator);
                });
    Passage passage = Passage.closed();
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(PARALLELISM, new Configuration());
    attach(environment, passage, model)
        .map(
            outcome -> {
              passage.leave();
              return outcome;
            })
        .sinkTo(new DiscardingSink<>());
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch held = new CountDownLatch(PARALLELISM);
    JobClient job = environment.executeAsync();
    CompletableFuture<?> end = job.getJobExecutionResult();
    try {
      passage.let(EMITTED);
      passage.awaitLeft(EMITTED);
      model.behave(
          (self, input, allocator) -> {
            held.countDown();
            return FakeModel.waitingFor(gate).predict(self, input, allocator);
          });
      passage.let(READ - EMITTED);
      held.await();
      Path scratch = Files.createTempDirectory("savepoint");
      job.triggerSavepoint(scratch.toUri().toString(), SavepointFormatType.CANONICAL).get();
      try (Stream<Path> written = Files.list(scratch)) {
        copy(written.findFirst().orElseThrow(), folder);
      }
    } finally {
      gate.countDown();
      job.cancel().get();
      end.handle((result, cancelled) -> result).get();
    }
  }

  /** Copies a folder of files. */
  static void copy(Path from, Path to) throws Exception {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }
}
