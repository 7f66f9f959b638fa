package io.tidemill.connectors.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.page.PageWriter;
import org.apache.parquet.column.statistics.SizeStatistics;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.column.values.rle.RunLengthBitPackingHybridEncoder;
import org.jspecify.annotations.Nullable;

/**
 * Writes a column of numbers that are hardly ever alike as the plain pages that Parquet makes of
 * such a column once its dictionary has proved to be of no use, without asking it value by value:
 * the values as they lie in a page, the levels as runs, and the statistics of a page at its end.
 * Not thread-safe.
 */
final class NumberPages {
  /** As many values say whether a column is for a dictionary. */
  private static final int SAMPLE = 2_048;

  private static final int SMALLEST_SAMPLE = 256;

  /**
   * Of values that are drawn from so few that their dictionary fits into a page of it (1 MB), at
   * least one in so many of a sample is like another one.
   */
  private static final int ALIKE = 256;

  private final ColumnDescriptor column;
  private final ParquetProperties properties;
  private final PageWriter pages;
  private final Numbers numbers;
  private final int width;
  private final int pageRows;
  private ByteBuffer values;
  private int rows;
  private int nulls;

  /** From the first null of a page on. */
  private @Nullable RunLengthBitPackingHybridEncoder levels;

  private NumberPages(
      ColumnDescriptor column, ParquetProperties properties, PageWriter pages, Numbers numbers) {
    this.column = column;
    this.properties = properties;
    this.pages = pages;
    this.numbers = numbers;
    this.width = numbers.width();
    this.pageRows =
        Math.max(
            1,
            Math.min(properties.getPageRowCountLimit(), properties.getPageSizeThreshold() / width));
    this.values = buffer(0);
  }

  /**
   * The pages of a column whose first values are these.
   *
   * @return null where Parquet's own writer is the one to take
   */
  static @Nullable NumberPages of(
      LogicalType type,
      ColumnDescriptor column,
      ParquetProperties properties,
      PageWriter pages,
      ColumnVector first,
      int rows) {
    if (properties.getWriterVersion() != ParquetProperties.WriterVersion.PARQUET_1_0) {
      return null;
    }
    Numbers numbers = Numbers.of(type);
    return numbers == null
            || (properties.isDictionaryEnabled(column) && areAlike(numbers, first, rows))
        ? null
        : new NumberPages(column, properties, pages, numbers);
  }

  /** Whether a dictionary may help, which of too few values nobody can tell. */
  private static boolean areAlike(Numbers numbers, ColumnVector first, int rows) {
    long[] sample = new long[Math.min(rows, SAMPLE)];
    int taken = 0;
    for (int i = 0; i < sample.length; i++) {
      if (!first.isNullAt(i)) {
        sample[taken++] = numbers.bits(first, i);
      }
    }
    if (taken < SMALLEST_SAMPLE) {
      return true;
    }
    Arrays.sort(sample, 0, taken);
    int alike = 0;
    for (int i = 1; i < taken; i++) {
      if (sample[i] == sample[i - 1]) {
        alike++;
      }
    }
    return alike > taken / ALIKE;
  }

  /** Writes the rows {@code [from, to)}. */
  void write(ColumnVector vector, int from, int to) throws IOException {
    for (int i = from; i < to; ) {
      int end = Math.min(to, i + pageRows - rows);
      writeIntoPage(vector, i, end);
      rows += end - i;
      i = end;
      if (rows == pageRows) {
        endPage();
      }
    }
  }

  private void writeIntoPage(ColumnVector vector, int from, int to) throws IOException {
    makeRoom(to - from);
    int i = from;
    while (i < to) {
      int present = i;
      while (i < to && !vector.isNullAt(i)) {
        i++;
      }
      numbers.put(vector, present, i, values);
      addLevels(1, present - from, i - present);
      int missing = i;
      while (i < to && vector.isNullAt(i)) {
        i++;
      }
      addLevels(0, missing - from, i - missing);
      nulls += i - missing;
    }
  }

  /**
   * Adds a run of levels.
   *
   * @param before rows of this write that come before it
   */
  private void addLevels(int level, int before, int count) throws IOException {
    if (count == 0 || (level == 1 && levels == null)) {
      return;
    }
    RunLengthBitPackingHybridEncoder present = levels;
    if (present == null) {
      if (column.getMaxDefinitionLevel() == 0) {
        throw FieldWriter.isNull(column);
      }
      present = properties.newDefinitionLevelEncoder(column);
      levels = present;
      addLevels(1, 0, rows + before);
    }
    for (int i = 0; i < count; i++) {
      present.writeInt(level);
    }
  }

  private void makeRoom(int more) {
    if (values.remaining() < more * width) {
      values =
          buffer(
                  Math.min(
                      pageRows * width,
                      Math.max(2 * values.capacity(), values.position() + more * width)))
              .put(values.flip());
    }
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The bytes that are in memory. */
  long bytes() {
    return values.position() + pages.getMemSize();
  }

  /** Ends the last page. */
  void end() throws IOException {
    if (rows > 0) {
      endPage();
    }
  }

  private void endPage() throws IOException {
    Statistics<?> statistics = Statistics.createStats(column.getPrimitiveType());
    statistics.incrementNumNulls(nulls);
    if (nulls < rows) {
      numbers.addRange(statistics);
    }
    pages.writePage(
        BytesInput.concat(levels(), BytesInput.from(values.flip())),
        rows,
        rows,
        statistics,
        SizeStatistics.newBuilder(column.getPrimitiveType(), 0, column.getMaxDefinitionLevel())
            .build(),
        Encoding.RLE,
        Encoding.RLE,
        Encoding.PLAIN);
    values.clear();
    rows = 0;
    nulls = 0;
    numbers.clearRange();
    if (levels != null) {
      levels.close();
      levels = null;
    }
  }

  private BytesInput levels() throws IOException {
    if (column.getMaxDefinitionLevel() == 0) {
      return BytesInput.empty();
    }
    BytesInput runs =
        levels == null
            ? BytesInput.concat(
                BytesInput.fromUnsignedVarInt(rows << 1), BytesInput.from(new byte[] {1}))
            : levels.toBytes();
    return BytesInput.concat(BytesInput.fromInt(Math.toIntExact(runs.size())), runs);
  }
}
