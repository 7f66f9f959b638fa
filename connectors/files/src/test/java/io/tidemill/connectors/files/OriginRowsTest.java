package io.tidemill.connectors.files;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Collections;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.IteratorResultIterator;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;

class OriginRowsTest {
  private static final FolderColumns COLUMNS =
      new FolderColumns(
          RowType.of(
              new LogicalType[] {new BigIntType(), new IntType()}, new String[] {"id", "day"}),
          List.of("day"),
          "none");

  /** A format that must open no file. */
  private static final class Unopened implements BulkFormat<RowData, FileSourceSplit> {
    @Override
    public BulkFormat.Reader<RowData> createReader(Configuration config, FileSourceSplit split) {
      throw new AssertionError("opened, and left open");
    }

    @Override
    public BulkFormat.Reader<RowData> restoreReader(Configuration config, FileSourceSplit split) {
      return createReader(config, split);
    }

    @Override
    public boolean isSplittable() {
      return false;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
      return InternalTypeInfo.of(COLUMNS.inFiles());
    }
  }

  /** One batch of rows that all are one object, and lie where they are counted. */
  private record Counted(int count) implements BulkFormat.Reader<RowData>, PlacesRecords {
    @Override
    public BulkFormat.RecordIterator<RowData> readBatch() {
      RowData row = GenericRowData.of(1L);
      return new IteratorResultIterator<>(Collections.nCopies(count, row).iterator(), 7, 0);
    }

    @Override
    public long offset(RecordAndPosition<RowData> record) {
      return record.getOffset() << Integer.SIZE;
    }

    @Override
    public int number(RecordAndPosition<RowData> record) {
      return (int) record.getRecordSkipCount();
    }

    @Override
    public void close() {}
  }

  private record CountedFile(int count) implements BulkFormat<RowData, FileSourceSplit> {
    @Override
    public BulkFormat.Reader<RowData> createReader(Configuration config, FileSourceSplit split) {
      return new Counted(count);
    }

    @Override
    public BulkFormat.Reader<RowData> restoreReader(Configuration config, FileSourceSplit split) {
      return createReader(config, split);
    }

    @Override
    public boolean isSplittable() {
      return false;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
      return InternalTypeInfo.of(COLUMNS.inFiles());
    }
  }

  private static BulkFormat.RecordIterator<RowData> read(int count) throws IOException {
    Path file = new Path("/in/day=5/a.avro");
    OriginRows rows = new OriginRows(new CountedFile(count), COLUMNS);
    FileSourceSplit split = new FileSourceSplit("1", file, 0, 9, 0, 9);
    return requireNonNull(rows.createReader(new Configuration(), split).readBatch());
  }

  @Test
  void anOriginSaysWhereItsRecordIsThoughItsReaderHasReadOn() throws IOException {
    BulkFormat.RecordIterator<RowData> batch = read(3);
    batch.next();
    RowData row = requireNonNull(batch.next()).getRecord();
    batch.next();

    assertThat(row.getLong(0)).isEqualTo(1);
    assertThat(row.getInt(1)).isEqualTo(5);
    Origin origin = requireNonNull(Origin.of(row, 2));
    assertThat(origin.position()).isEqualTo("/in/day=5/a.avro/2/" + (7L << Integer.SIZE));
    assertThat(origin.bytes(Origin.VALUE)).isNull();
  }

  /** The row with its values, and its place: an origin alone takes more. */
  @Test
  void aRecordTakesNoMemoryForAnOriginThatNobodyAsksFor() throws IOException {
    int count = 100_000;
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();

    read(count);

    assertThat((threads.getCurrentThreadAllocatedBytes() - before) / count).isLessThan(160);
  }

  @Test
  void aFileInNoFolderOfAColumnIsNotOpened() {
    OriginRows rows = new OriginRows(new Unopened(), COLUMNS);
    FileSourceSplit split = new FileSourceSplit("1", new Path("/in/a.avro"), 0, 9, 0, 9);

    assertThatThrownBy(() -> rows.createReader(new Configuration(), split))
        .isInstanceOf(RecordFailureException.class)
        .hasMessageContaining("in no folder 'day=");
    assertThatThrownBy(() -> rows.restoreReader(new Configuration(), split))
        .isInstanceOf(RecordFailureException.class);
  }
}
