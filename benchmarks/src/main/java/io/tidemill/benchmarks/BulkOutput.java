package io.tidemill.benchmarks;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.FloatColumnVector;
import org.apache.flink.table.data.columnar.vector.LongColumnVector;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * What a job has to write, so that none is faster for doing less.
 *
 * @param folder for its files
 * @param column that is looked at
 * @param samples what it is for some identities
 */
record BulkOutput(String folder, BulkInput input, String column, Map<Long, Float> samples)
    implements Serializable {
  private static final float TOLERANCE = 1e-5f;

  /** Of a job that writes nothing. */
  static BulkOutput none(BulkInput input) {
    return new BulkOutput("", input, "", Map.of());
  }

  /** Deletes what the job has left, if anything. */
  void clear() throws IOException {
    if (!folder.isEmpty() && Files.exists(Path.of(folder))) {
      new WorkFolder(Path.of(folder)).close();
    }
  }

  /**
   * Checks what the job has left: as many rows, each identity as often as in the input, and the
   * right values in the samples.
   *
   * @throws IllegalStateException if it is not what it should be
   */
  void check(String job) throws IOException {
    if (folder.isEmpty()) {
      return;
    }
    Seen seen = new Seen();
    RowType type =
        RowType.of(
            new LogicalType[] {new BigIntType(), new FloatType()},
            new String[] {BulkTable.ID, column});
    new ParquetBatches(type)
        .read(Path.of(folder), batch -> seen.add(batch.columns, batch.getNumRows()));
    expect(job, "rows", seen.rows, input.rows());
    long identities = input.copies() * (input.identities() * (input.identities() - 1) / 2);
    expect(job, "sum of " + BulkTable.ID, seen.identities, identities);
    expect(job, "samples found", seen.samples, samples.size() * input.copies());
  }

  private static void expect(String job, String what, long value, long expected) {
    if (value != expected) {
      throw new IllegalStateException(
          "%s: %s: %d (expected: %d)".formatted(job, what, value, expected));
    }
  }

  /** The identities of the samples, evenly over the input. */
  static List<Long> sampled(BulkInput input) {
    long count = input.identities();
    long step = Math.max(1, count / 1_000);
    return LongStream.iterate(0, id -> id < count, id -> id + step).boxed().toList();
  }

  private final class Seen {
    private long rows;
    private long identities;
    private long samples;

    void add(ColumnVector[] columns, int count) {
      LongColumnVector ids = (LongColumnVector) columns[0];
      FloatColumnVector values = (FloatColumnVector) columns[1];
      for (int i = 0; i < count; i++) {
        long id = ids.getLong(i);
        identities += id;
        Float expected = BulkOutput.this.samples.get(id);
        if (expected != null) {
          samples++;
          float value = columns[1].isNullAt(i) ? Float.NaN : values.getFloat(i);
          if (!(Math.abs(value - expected) <= TOLERANCE)) {
            throw new IllegalStateException(
                "%s %s, id %d: %s (expected: %s)".formatted(folder, column, id, value, expected));
          }
        }
      }
      rows += count;
    }
  }
}
