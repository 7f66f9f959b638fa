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
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.jspecify.annotations.Nullable;

/**
 * One model and size of batch, scored in every {@linkplain GpuVariant way} by turns.
 *
 * @param python null where there is none with PyTorch
 * @param turn the shortest; one of large batches is as long as some of them take
 */
record GpuRound(Workload workload, int batch, @Nullable PythonLoops python, Duration turn) {
  /** Batches in flight of the jobs. */
  static final List<Integer> IN_FLIGHT = List.of(1, 2, 4);

  // Only full batches: nothing else is compared.
  private static final Duration FILLING = Duration.ofHours(1);
  private static final long MEMORY_BYTES = 16L << 30;
  private static final Duration LONGEST_TURN = Duration.ofMillis(2_500);
  private static final int BATCHES_OF_TURN = 12;
  private static final int BATCHES_OF_SETTLING = 2;
  private static final int MOST_LAPS = 5;
  private static final int COPIES = 10;
  private static final double ALIKE = 1e-3;

  /**
   * Measures until the time is up, and at least one lap. Blocks.
   *
   * @throws IllegalStateException if Tidemill's model does not answer as PyTorch does
   */
  void measure(GpuReport report, long deadlineNanos) throws Exception {
    GpuVariant djl = new GpuVariant(workload.name(), batch, GpuVariant.DJL);
    Duration warmUp = turn.multipliedBy(2);
    try (ModelHandle loaded = new WorkloadModel(workload, WorkloadModel.Kind.ENGINE, "").open();
        TorchLoop loop = new TorchLoop(workload, batch);
        ThreadContest contest = new ThreadContest()) {
      compare(loaded.model(), loop);
      Duration call = Duration.ofNanos(loop.callNanos());
      contest.enter(djl, warmUp, turns -> loop.measure(djl.name(), turns));
      contest.enter(djl.to(GpuVariant.MODEL), warmUp, new RawLoop(workload, batch, 1)::measure);
      for (int inFlight : IN_FLIGHT) {
        GpuVariant job = djl.to(GpuVariant.operator(inFlight));
        contest.enter(job, warmUp, turns -> measureJob(job.name(), turns, inFlight));
      }
      if (python != null) {
        enterPython(python, contest, djl, warmUp);
      }
      Duration settle = longer(Turns.SETTLE, call.multipliedBy(BATCHES_OF_SETTLING));
      Duration length =
          longer(turn, Collections.min(List.of(LONGEST_TURN, call.multipliedBy(BATCHES_OF_TURN))));
      int laps = 0;
      do {
        report.add(contest.lap(settle, length));
        laps++;
      } while (laps < MOST_LAPS && System.nanoTime() < deadlineNanos);
      contest.failures().forEach(report::failed);
      for (int inFlight : IN_FLIGHT) {
        tellHalved(djl.to(GpuVariant.operator(inFlight)).name(), report);
      }
      report.round(djl, laps, length);
      if (onGpu()) {
        report.copied(djl, loop.copyBytesPerSecond(COPIES));
        if (python != null) {
          report.ofGpu(djl, python.ask("copies"), python.ask("profile"));
        }
      }
    } finally {
      if (onGpu()) {
        // What PyTorch keeps for later, one process keeps from the other.
        JniUtils.emptyCudaCache();
      }
      if (python != null) {
        python.ask("close");
      }
    }
  }

  private void enterPython(
      PythonLoops loops, ThreadContest contest, GpuVariant djl, Duration warmUp) throws Exception {
    List<Long> shape = workload.signature().inputs().get(0).shape();
    loops.ask("open", file().toString(), batch, shape.subList(1, shape.size()));
    for (String way :
        onGpu() ? List.of(GpuVariant.PYTHON, GpuVariant.GRAPH) : List.of(GpuVariant.PYTHON)) {
      GpuVariant variant = djl.to(way);
      contest.enter(variant, warmUp, turns -> loops.measure(variant, turns));
    }
  }

  private Path file() {
    return Path.of(workload.folder()).resolve(TorchScripts.FILE);
  }

  private boolean onGpu() {
    return workload.device().kind() == Device.Kind.GPU;
  }

  private void measureJob(String name, Turns turns, int inFlight) throws Exception {
    ScoringJob.measure(
        name, workload, 1, turns, (records, scoredType) -> score(records, name, inFlight));
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

  private void compare(Model model, TorchLoop loop) {
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
    for (int i = 0; i < answers.length; i++) {
      if (!(Math.abs(answers[i] - expected[i]) <= ALIKE * Math.max(1, Math.abs(expected[i])))) {
        throw new IllegalStateException(
            "%s: answer %d of %d rows: %s (expected: %s, by DJL's own calls)"
                .formatted(workload.name(), i, batch, answers[i], expected[i]));
      }
    }
  }

  private static Duration longer(Duration one, Duration other) {
    return Collections.max(List.of(one, other));
  }
}
