package io.tidemill.benchmarks;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.batch.Batcher;
import io.tidemill.inference.batch.CloseCause;
import io.tidemill.inference.step.StepSettings;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a record costs on its way into a batch of 512, closing and recycling the batch included. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before the benchmark.
public class BatcherBenchmark {
  private static final int SIZE = 512;

  private final Object record = new Object();
  private Batcher<Object, Object> batcher;
  private long nowNanos;

  @Setup(Level.Trial)
  public void open() {
    batcher = new Batcher<>(StepSettings.defaults().withMaxSize(SIZE).batching());
  }

  @Benchmark
  @OperationsPerInvocation(SIZE)
  public long fillAndClose() {
    nowNanos++;
    for (int i = 0; i < SIZE; i++) {
      if (batcher.fits(0)) {
        batcher.add(record, i, 0, nowNanos);
      }
    }
    Batch<Object, Object> batch = batcher.close(CloseCause.SIZE, nowNanos);
    long number = batch.number();
    batcher.recycle(batch);
    return number;
  }
}
