package io.tidemill.benchmarks;

import io.tidemill.model.Model;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One call of the small network, per batch size. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before the benchmark.
public class ModelCallBenchmark {
  @Param({"1", "32", "128", "512", "2048"})
  int batch;

  private Model model;
  private BufferAllocator allocator;
  private ColumnBatch input;

  @Setup(Level.Trial)
  public void open() throws IOException {
    Path root = Files.createTempDirectory("tidemill-benchmarks");
    Workload workload = Workload.mlp(root);
    model = workload.load();
    allocator = ColumnMemory.child("benchmark", Long.MAX_VALUE);
    input = ColumnBatch.allocate(allocator, model.signature().inputColumns(), batch);
    input.rows(batch);
  }

  @TearDown(Level.Trial)
  public void close() {
    input.close();
    allocator.close();
    model.close();
  }

  @Benchmark
  public int predict() {
    try (ColumnBatch output = model.predict(input, allocator)) {
      return output.rows();
    }
  }
}
