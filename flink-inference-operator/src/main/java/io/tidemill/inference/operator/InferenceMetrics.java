package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.batch.CloseCause;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.model.Gpu;
import io.tidemill.model.loader.GpuUse;
import io.tidemill.model.loader.LoadedModels;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;
import org.jspecify.annotations.Nullable;

/**
 * What a subtask tells about its batches, in the group {@code tidemill} with the labels {@code
 * step} and {@code model}.
 *
 * <p>Durations are sums in nanoseconds, so that they can be added up across subtasks and divided by
 * the number of batches; sizes are also counted in cumulative buckets for the same reason. Used by
 * one thread at a time: the task thread, or whoever has the lock of an {@link AsyncStep}.
 */
final class InferenceMetrics {
  private static final int HISTOGRAM_WINDOW = 1024;

  private final MetricGroup group;
  private final Counter records;
  private final Counter batches;
  private final Counter modelCalls;
  private final Counter extraCalls;
  private final Counter taskThreadCalls;
  private final Counter queueWaitNanos;
  private final Counter encodeNanos;
  private final Counter modelNanos;
  private final Counter decodeNanos;
  private final Counter backPressuredNanos;
  private final Histogram batchSize;
  private final Histogram queueWaitMicros;
  private final Histogram modelMicros;
  private final int[] bucketLimits;
  private final Counter[] buckets;
  private final Map<CloseCause, Counter> closeCauses = new EnumMap<>(CloseCause.class);
  private final Map<DeadLetterCause, Counter> deadLetters = new EnumMap<>(DeadLetterCause.class);
  private final int maxSize;
  private @Nullable Counter copiedInBytes;
  private @Nullable Counter copiedOutBytes;

  InferenceMetrics(MetricGroup operatorGroup, Step step, int maxSize) {
    this.maxSize = maxSize;
    this.group =
        operatorGroup
            .addGroup("tidemill")
            .addGroup("step", step.id())
            .addGroup("model", step.model().name())
            .addGroup("version", step.model().version().toString());
    records = group.counter("records");
    batches = group.counter("batches");
    modelCalls = group.counter("modelCalls");
    extraCalls = group.counter("extraCalls");
    taskThreadCalls = group.counter("taskThreadCalls");
    queueWaitNanos = group.counter("queueWaitNanos");
    encodeNanos = group.counter("encodeNanos");
    modelNanos = group.counter("modelNanos");
    decodeNanos = group.counter("decodeNanos");
    backPressuredNanos = group.counter("backPressuredNanos");
    batchSize = histogram("batchSize");
    queueWaitMicros = histogram("queueWaitMicros");
    modelMicros = histogram("modelMicros");
    int powers = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, maxSize - 1));
    bucketLimits = new int[maxSize == 1 ? 1 : powers + 1];
    buckets = new Counter[bucketLimits.length];
    for (int i = 0; i < buckets.length; i++) {
      bucketLimits[i] = Math.min(1 << i, maxSize);
      buckets[i] = group.addGroup("le", String.valueOf(bucketLimits[i])).counter("batchSizeBucket");
    }
    for (CloseCause cause : CloseCause.values()) {
      closeCauses.put(cause, group.addGroup("cause", label(cause)).counter("closed"));
    }
    for (DeadLetterCause cause : DeadLetterCause.values()) {
      deadLetters.put(cause, group.addGroup("cause", label(cause)).counter("deadLetters"));
    }
    group.gauge("fill", (Gauge<Double>) this::fill);
  }

  private Histogram histogram(String name) {
    return group.histogram(name, new DescriptiveStatisticsHistogram(HISTOGRAM_WINDOW));
  }

  /** How a constant reads in a label. */
  static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** With the labels of step and model. */
  MetricGroup group() {
    return group;
  }

  /** Gauges of what others hold; read by the reporter's thread. */
  void watch(IntSupplier inFlight, IntSupplier sizeLimit, LongSupplier arrowBytes) {
    group.gauge("inFlight", (Gauge<Integer>) inFlight::getAsInt);
    group.gauge("sizeLimit", (Gauge<Integer>) sizeLimit::getAsInt);
    group.gauge("arrowBytes", (Gauge<Long>) arrowBytes::getAsLong);
    group.gauge("abandonedWorkers", (Gauge<Integer>) Workers::abandoned);
    group.gauge("abandonedLoads", (Gauge<Integer>) LoadedModels.ofProcess()::threadsLeftBehind);
  }

  /**
   * What a step on a GPU tells besides: its copies, and what the driver says now. Gauges are read
   * by the reporter's thread, and only there if the driver has something to say.
   *
   * @param callers that may be in a call of this subtask at once
   */
  void watch(GpuUse use, int callers) {
    Gpu gpu = use.gpu();
    MetricGroup ofGpu = group.addGroup("gpu", String.valueOf(gpu.device().index()));
    copiedInBytes = ofGpu.counter("copiedInBytes");
    copiedOutBytes = ofGpu.counter("copiedOutBytes");
    ofGpu.gauge("callers", (Gauge<Integer>) () -> callers);
    gaugeIfKnown(ofGpu, "busy", gpu::busy);
    double totalBytes = gpu.totalBytes();
    gaugeIfKnown(ofGpu, "usedBytes", () -> totalBytes - gpu.freeBytes());
    gaugeIfKnown(ofGpu, "modelBytes", use::modelBytes);
    gaugeIfKnown(
        ofGpu.addGroup("device", gpu.name()).addGroup("driver", gpu.driver()),
        "totalBytes",
        () -> totalBytes);
  }

  private static void gaugeIfKnown(MetricGroup group, String name, DoubleSupplier value) {
    if (!Double.isNaN(value.getAsDouble())) {
      group.gauge(name, (Gauge<Double>) value::getAsDouble);
    }
  }

  /** Mean records of a batch as a part of max-size, 0 to 1; 0 before the first batch. */
  private double fill() {
    long closed = batches.getCount();
    return closed == 0 ? 0 : (double) records.getCount() / closed / maxSize;
  }

  void closed(Batch<?, ?> batch) {
    int size = batch.size();
    batches.inc();
    records.inc(size);
    batchSize.update(size);
    for (int i = buckets.length - 1; i >= 0 && size <= bucketLimits[i]; i--) {
      buckets[i].inc();
    }
    count(closeCauses.get(batch.closeCause()));
    queueWaitNanos.inc(batch.waitedNanos());
    queueWaitMicros.update(batch.waitedNanos() / 1_000);
  }

  /** The task thread has made a batch's call. */
  void calledHere() {
    taskThreadCalls.inc();
  }

  void scored(ScoreReport report) {
    encodeNanos.inc(report.encodeNanos());
    modelNanos.inc(report.modelNanos());
    decodeNanos.inc(report.decodeNanos());
    modelCalls.inc(report.calls());
    extraCalls.inc(Math.max(0, report.calls() - 1));
    modelMicros.update(report.modelNanos() / 1_000);
    count(copiedInBytes, report.bytesIn());
    count(copiedOutBytes, report.bytesOut());
  }

  void deadLetter(DeadLetterCause cause) {
    count(deadLetters.get(cause));
  }

  void backPressured(long nanos) {
    backPressuredNanos.inc(nanos);
  }

  private static void count(@Nullable Counter counter) {
    count(counter, 1);
  }

  private static void count(@Nullable Counter counter, long more) {
    if (counter != null) {
      counter.inc(more);
    }
  }
}
