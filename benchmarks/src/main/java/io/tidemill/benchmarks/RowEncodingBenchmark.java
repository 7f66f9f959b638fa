package io.tidemill.benchmarks;

import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.codec.RowBinding;
import io.tidemill.inference.step.OutputField;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ElementType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Encoding one record of 32 features: from one array, or from 32 fields. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before the benchmark.
public class RowEncodingBenchmark {
  private static final int ROWS = 512;
  private static final int FEATURES = 32;
  private static final Signature SIGNATURE =
      new Signature(
          List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, FEATURES)),
          List.of(TensorSpec.of("score", ElementType.FLOAT32, -1)));

  /** What the record looks like. */
  public enum Form {
    ARRAY,
    FLOATS,
    DOUBLES
  }

  @Param Form form;

  private RecordEncoder<RowData> encoder;
  private RowData[] records;
  private BufferAllocator allocator;
  private ColumnBatch columns;

  @Setup(Level.Trial)
  public void open() {
    RowType type = type(form);
    encoder =
        RowBinding.plan(
                type,
                SIGNATURE,
                Map.of("features", type.getFieldNames()),
                Map.of("score", new OutputField("prediction")),
                false)
            .encoder();
    records = IntStream.range(0, ROWS).mapToObj(i -> record(form, i)).toArray(RowData[]::new);
    allocator = ColumnMemory.child("benchmark", Long.MAX_VALUE);
    columns = ColumnBatch.allocate(allocator, SIGNATURE.inputColumns(), ROWS);
  }

  private static RowType type(Form form) {
    return switch (form) {
      case ARRAY -> RowType.of(new ArrayType(false, new FloatType(false)));
      case FLOATS -> RowType.of(fields(new FloatType(false)));
      case DOUBLES -> RowType.of(fields(new DoubleType(false)));
    };
  }

  private static LogicalType[] fields(LogicalType type) {
    LogicalType[] fields = new LogicalType[FEATURES];
    Arrays.fill(fields, type);
    return fields;
  }

  private static RowData record(Form form, int seed) {
    if (form == Form.ARRAY) {
      float[] values = new float[FEATURES];
      Arrays.fill(values, seed);
      return GenericRowData.of(new GenericArrayData(values));
    }
    GenericRowData row = new GenericRowData(FEATURES);
    for (int i = 0; i < FEATURES; i++) {
      row.setField(i, form == Form.FLOATS ? (Object) (float) (seed + i) : (double) (seed + i));
    }
    return row;
  }

  @TearDown(Level.Trial)
  public void close() {
    columns.close();
    allocator.close();
  }

  @Benchmark
  @OperationsPerInvocation(ROWS)
  public ColumnBatch encode() {
    columns.reset();
    for (int row = 0; row < ROWS; row++) {
      encoder.encode(records[row], columns, row);
    }
    return columns;
  }
}
