package io.tidemill.benchmarks;

import ai.djl.pytorch.jni.JniUtils;
import io.tidemill.inference.Inference;
import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.codec.RowBinding;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.Device;
import io.tidemill.model.Model;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.engine.pytorch.TorchScripts;
import io.tidemill.model.loader.ModelHandle;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.jspecify.annotations.Nullable;

/**
 * One model and size of batch, scored in every {@linkplain GpuVariant way} by turns.
 *
 * @param python null where there is none with PyTorch
 * @param turn the shortest; one of large batches is as long as some of them take
 * @param mostLaps with which there is nothing more to learn
 */
record GpuRound(
    Workload workload, int batch, @Nullable PythonLoops python, Duration turn, int mostLaps) {
  /** Batches in flight of the jobs. */
  static final List<Integer> IN_FLIGHT = List.of(1, 2, 4);

  // Only full batches: nothing else is compared.
  private static final Duration FILLING = Duration.ofHours(1);
  private static final long MEMORY_BYTES = 16L << 30;
  private static final Duration LONGEST_TURN = Duration.ofMillis(2_500);
  private static final int BATCHES_OF_TURN = 12;
  private static final int BATCHES_OF_SETTLING = 3;
  private static final int COPIES = 10;
  private static final double ALIKE = 1e-3;

  /** Model and size. */
  String name() {
    return of(GpuVariant.DJL).round();
  }

  private GpuVariant of(String way) {
    return new GpuVariant(workload.name(), batch, way);
  }

  /**
   * Measures until the time is up, and at least one lap. Blocks.
   *
   * @param lastNanos when even the first lap should be over
   */
  void measure(GpuReport report, long deadlineNanos, long lastNanos) throws Exception {
    GpuVariant djl = of(GpuVariant.DJL);
    Duration warmUp = turn.multipliedBy(2);
    try (Leaving leaving = this::leave;
        ModelHandle loaded = new WorkloadModel(workload, WorkloadModel.Kind.ENGINE, "").open();
        TorchLoop loop = new TorchLoop(workload, batch);
        ThreadContest contest = new ThreadContest()) {
      Optional<String> difference = difference(loaded.model(), loop);
      if (difference.isPresent()) {
        report.failed(djl.to(GpuVariant.MODEL).name(), "ANSWERS DIFFER, " + difference.get());
        return;
      }
      Duration call = Duration.ofNanos(loop.callNanos());
      Duration settle = longer(Turns.SETTLE, call.multipliedBy(BATCHES_OF_SETTLING));
      Duration length =
          longer(turn, Collections.min(List.of(LONGEST_TURN, call.multipliedBy(BATCHES_OF_TURN))));
      // Each warms up before, which takes about as long as its turn.
      Duration lap = settle.plus(length).multipliedBy(2L * ways());
      long left = lastNanos - System.nanoTime();
      if (lap.toNanos() > left) {
        report.skipped(
            djl.round(),
            "a lap would take about %d s, of which %d are left"
                .formatted(lap.toSeconds(), TimeUnit.NANOSECONDS.toSeconds(left)));
        return;
      }
      enterAll(contest, loop, djl, warmUp, report);
      int laps = 0;
      do {
        report.add(contest.lap(settle, length));
        laps++;
      } while (laps < mostLaps && System.nanoTime() < deadlineNanos);
      report.round(djl, laps, length);
      contest.failures().forEach((variant, why) -> tell(variant, why, report));
      for (int inFlight : IN_FLIGHT) {
        tellHalved(djl.to(GpuVariant.operator(inFlight)).name(), report);
      }
      if (onGpu()) {
        report.copied(djl, loop.copyBytesPerSecond(COPIES));
        leaveGpu();
        askOfGpu(djl, report, "copies");
        askOfGpu(djl, report, "profile");
      }
    }
  }

  /** What ends a round, whatever came of it. */
  private interface Leaving extends AutoCloseable {
    @Override
    void close();
  }

  private void leave() {
    if (python != null) {
      python.tryAsk("close");
    }
    leaveGpu();
  }

  private int ways() {
    return 2 + IN_FLIGHT.size() + (python == null ? 0 : pythonWays().size());
  }

  private List<String> pythonWays() {
    return onGpu() ? List.of(GpuVariant.PYTHON, GpuVariant.GRAPH) : List.of(GpuVariant.PYTHON);
  }

  private void enterAll(
      ThreadContest contest, TorchLoop loop, GpuVariant djl, Duration warmUp, GpuReport report)
      throws InterruptedException {
    contest.enter(djl, warmUp, turns -> measured(djl, turns, loop::measure));
    GpuVariant model = djl.to(GpuVariant.MODEL);
    RawLoop calls = new RawLoop(workload, batch, 1);
    contest.enter(model, warmUp, turns -> measured(model, turns, calls::measure));
    for (int inFlight : IN_FLIGHT) {
      GpuVariant job = djl.to(GpuVariant.operator(inFlight));
      contest.enter(job, warmUp, turns -> measureJob(job.name(), turns, inFlight));
    }
    if (python != null) {
      enterPython(python, contest, djl, warmUp, report);
    }
  }

  /** A variant that takes turns with a meter of the caller's. */
  private interface Metered {
    void measure(Meter meter, Turns turns) throws Exception;
  }

  private static void measured(GpuVariant variant, Turns turns, Metered loop) throws Exception {
    try (Meter meter = Meter.ofBatches(variant.name(), variant.batch())) {
      loop.measure(meter, turns);
    }
  }

  private void enterPython(
      PythonLoops loops, ThreadContest contest, GpuVariant djl, Duration warmUp, GpuReport report)
      throws InterruptedException {
    List<Long> shape = workload.signature().inputs().get(0).shape();
    try {
      loops.ask("open", file().toString(), batch, shape.subList(1, shape.size()));
    } catch (IOException | IllegalStateException e) {
      pythonWays().forEach(way -> report.skipped(djl.to(way).name(), reason(e)));
      return;
    }
    for (String way : pythonWays()) {
      GpuVariant variant = djl.to(way);
      contest.enter(variant, warmUp, turns -> loops.measure(variant, turns, this::leaveGpu));
    }
  }

  /** Python's own troubles leave Tidemill's figures as they are. */
  private void tell(GpuVariant variant, String why, GpuReport report) {
    if (pythonWays().contains(variant.way())) {
      report.skipped(variant.name(), why);
    } else {
      report.failed(variant.name(), why);
    }
  }

  private void askOfGpu(GpuVariant any, GpuReport report, String what) {
    if (python == null) {
      return;
    }
    try {
      report.ofGpu(any, python.ask(what));
    } catch (IOException | IllegalStateException e) {
      report.skipped(any.round() + ", " + what + " of the GPU", reason(e));
    }
  }

  private static String reason(Exception e) {
    return String.valueOf(e.getMessage());
  }

  /** What this process keeps of the GPU's memory for later, it keeps from the other. */
  private void leaveGpu() {
    if (onGpu()) {
      JniUtils.emptyCudaCache();
    }
  }

  private Path file() {
    return Path.of(workload.folder()).resolve(TorchScripts.FILE);
  }

  private boolean onGpu() {
    return workload.device().kind() == Device.Kind.GPU;
  }

  private void measureJob(String name, Turns turns, int inFlight) throws Exception {
    StreamExecutionEnvironment job =
        ScoringJob.build(
            name,
            workload,
            1,
            EndlessSource.Pace.FULL,
            (records, scoredType) -> score(records, name, inFlight));
    try (Meter meter = Meter.ofBatches(name, batch)) {
      ScoringJob.measure(meter, turns, job);
    }
  }

  private DataStream<RowData> score(DataStream<RowData> records, String name, int inFlight) {
    RowBinding binding = workload.binding();
    StepSettings settings =
        StepSettings.defaults()
            .withBatching(new BatchPolicy(batch, BatchPolicy.UNLIMITED_BYTES, FILLING, inFlight))
            .withMemoryBytes(MEMORY_BYTES)
            .withFresh(true);
    return Inference.on(records)
        .model(new WatchedModel(new WorkloadModel(workload, WorkloadModel.Kind.ENGINE, ""), name))
        .encode(binding.encoder())
        .decode(binding.decoder(), InternalTypeInfo.of(binding.outputType()))
        .apply("score", settings)
        .predictions();
  }

  /** Two calls at once take twice the memory, and a step without it goes on with less. */
  private static void tellHalved(String job, GpuReport report) {
    WatchedModel.Calls calls = WatchedModel.calls(job);
    if (calls.outOfMemory() > 0) {
      report.skipped(
          job + ", full batches",
          "%d calls ran out of memory, at most %d rows in a call since"
              .formatted(calls.outOfMemory(), calls.mostRows()));
    }
  }

  /** What Tidemill's model answers otherwise than DJL's own calls do, if anything. */
  private Optional<String> difference(Model model, TorchLoop loop) {
    float[] expected = loop.call();
    float[] answers = new float[expected.length];
    try (BufferAllocator allocator = ColumnMemory.child(workload.name(), Long.MAX_VALUE);
        ColumnBatch input =
            ColumnBatch.allocate(allocator, model.signature().inputColumns(), batch)) {
      float[] values = workload.inputs(batch);
      input.fixedWidth(0).setFloats(0, values, 0, values.length);
      input.rows(batch);
      try (ColumnBatch output = model.predict(input, allocator)) {
        output.fixedWidth(0).getFloats(0, answers, 0, answers.length);
      }
    }
    return difference(expected, answers, batch);
  }

  /** The first answer that is not alike. */
  static Optional<String> difference(float[] expected, float[] answers, int rows) {
    for (int i = 0; i < answers.length; i++) {
      if (!(Math.abs(answers[i] - expected[i]) <= ALIKE * Math.max(1, Math.abs(expected[i])))) {
        return Optional.of(
            "number %d of %d rows: %s (expected: %s, by DJL's own calls)"
                .formatted(i, rows, answers[i], expected[i]));
      }
    }
    return Optional.empty();
  }

  private static Duration longer(Duration one, Duration other) {
    return Collections.max(List.of(one, other));
  }
}
