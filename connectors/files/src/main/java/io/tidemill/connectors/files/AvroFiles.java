package io.tidemill.connectors.files;

import io.tidemill.connectors.avro.AvroSchema;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;

/**
 * Avro's files as rows. Flink's own format ends a file, and says nothing, where Avro's reader does:
 * at a block that is cut off, that has no record, or whose length is damaged. This one ends where
 * the last block does, and fails anywhere else. Its places are those of Flink's. Immutable.
 *
 * @param rowType what is read of each record, by its name and as {@link AvroSchema} reads it
 * @param mayLackColumns whether columns that are not in a file are null
 */
public record AvroFiles(RowType rowType, boolean mayLackColumns)
    implements BulkFormat<RowData, FileSourceSplit> {
  /** Not of Flink. */
  public static final ConfigOption<Boolean> MAY_LACK_COLUMNS =
      ConfigOptions.key("avro.may-lack-columns").booleanType().defaultValue(false);

  private static final long serialVersionUID = 1L;

  @Override
  public BulkFormat.Reader<RowData> createReader(Configuration config, FileSourceSplit split)
      throws IOException {
    return new AvroBlocks(rowType, mayLackColumns, split);
  }

  @Override
  public BulkFormat.Reader<RowData> restoreReader(Configuration config, FileSourceSplit split)
      throws IOException {
    return new AvroBlocks(rowType, mayLackColumns, split);
  }

  @Override
  public boolean isSplittable() {
    return true;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return InternalTypeInfo.of(rowType);
  }
}
