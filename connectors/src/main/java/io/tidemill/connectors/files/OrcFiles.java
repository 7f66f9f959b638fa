package io.tidemill.connectors.files;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.orc.TypeDescription;
import org.jspecify.annotations.Nullable;

/**
 * ORC's files as rows that know their number. Flink's own format reads nulls where a file lacks a
 * column. Immutable.
 *
 * @param format Flink's, of these columns
 * @param columns that are in the files
 * @param mayLackColumns whether those that are not in a file are null
 */
public record OrcFiles(
    BulkFormat<RowData, FileSourceSplit> format, RowType columns, boolean mayLackColumns)
    implements BulkFormat<RowData, FileSourceSplit> {
  /** Not of Flink, whose factory takes any option with its format's name. */
  public static final ConfigOption<Boolean> MAY_LACK_COLUMNS =
      ConfigOptions.key("orc.may-lack-columns").booleanType().defaultValue(false);

  private static final long serialVersionUID = 1L;

  @Override
  public BulkFormat.Reader<RowData> createReader(Configuration config, FileSourceSplit split)
      throws IOException {
    checkColumns(split);
    return new Rows(format.createReader(config, split));
  }

  @Override
  public BulkFormat.Reader<RowData> restoreReader(Configuration config, FileSourceSplit split)
      throws IOException {
    checkColumns(split);
    return new Rows(format.restoreReader(config, split));
  }

  private void checkColumns(FileSourceSplit split) throws IOException {
    TypeDescription inFile = OrcFileColumns.schema(split);
    // Old writers of Hive have numbered them all, and ORC reads these by their order.
    boolean byOrder = inFile.getFieldNames().stream().allMatch(name -> name.matches("_col\\d+"));
    checkRow(split.path(), "", columns, inFile, byOrder);
  }

  /**
   * Checks the columns of declared rows, those within others too. What is in the file as another
   * type fails in ORC's reader.
   */
  private void checkColumns(Path file, String within, LogicalType declared, TypeDescription found) {
    TypeDescription.Category category = found.getCategory();
    if (declared instanceof RowType row && category == TypeDescription.Category.STRUCT) {
      checkRow(file, within, row, found, false);
    } else if (declared instanceof ArrayType list && category == TypeDescription.Category.LIST) {
      checkColumns(file, within, list.getElementType(), found.getChildren().get(0));
    } else if (declared instanceof MapType map && category == TypeDescription.Category.MAP) {
      checkColumns(file, within, map.getValueType(), found.getChildren().get(1));
    }
  }

  private void checkRow(
      Path file, String within, RowType declared, TypeDescription found, boolean byOrder) {
    List<String> names = found.getFieldNames();
    for (int i = 0; i < declared.getFieldCount(); i++) {
      RowType.RowField column = declared.getFields().get(i);
      int place = byOrder ? i : names.indexOf(column.getName());
      if (place >= 0 && place < names.size()) {
        checkColumns(
            file,
            within + column.getName() + ".",
            column.getType(),
            found.getChildren().get(place));
      } else if (!(mayLackColumns && column.getType().isNullable())) {
        throw new MissingColumn(
                file,
                new RowType.RowField(within + column.getName(), column.getType()),
                names.stream().map(name -> within + name).toList(),
                MAY_LACK_COLUMNS)
            .failure();
      }
    }
  }

  @Override
  public boolean isSplittable() {
    return format.isSplittable();
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return format.getProducedType();
  }

  private record Rows(BulkFormat.Reader<RowData> reader)
      implements BulkFormat.Reader<RowData>, PlacesRecords {
    @Override
    public BulkFormat.@Nullable RecordIterator<RowData> readBatch() throws IOException {
      return reader.readBatch();
    }

    @Override
    public long offset(RecordAndPosition<RowData> record) {
      // Of the first row of its batch, and the rows up to the next one.
      return record.getOffset() + record.getRecordSkipCount() - 1;
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }
}
