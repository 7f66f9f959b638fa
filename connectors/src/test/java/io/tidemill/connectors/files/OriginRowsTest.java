package io.tidemill.connectors.files;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.record.RecordFailureException;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.core.fs.Path;
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
