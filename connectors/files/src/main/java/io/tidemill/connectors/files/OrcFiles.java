package io.tidemill.connectors.files;

import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.record.RecordFailureException;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
import org.apache.flink.table.types.logical.CharType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
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
  private static final ConfigOption<Boolean> MAY_LACK_COLUMNS =
      ConfigOptions.key("orc.may-lack-columns").booleanType().defaultValue(false);

  /** Of ORC, which Flink's format asks for columns by their names. */
  private static final String BY_POSITION = "orc.force.positional.evolution";

  private static final long serialVersionUID = 1L;

  /** From the narrowest to the widest. */
  private static final List<TypeDescription.Category> WHOLE =
      List.of(
          TypeDescription.Category.BYTE,
          TypeDescription.Category.SHORT,
          TypeDescription.Category.INT,
          TypeDescription.Category.LONG);

  private static final Set<TypeDescription.Category> TEXTS =
      EnumSet.of(
          TypeDescription.Category.STRING,
          TypeDescription.Category.VARCHAR,
          TypeDescription.Category.CHAR);

  /**
   * The rows of files.
   *
   * @param check to which options are refused that are none, or that nobody reads
   */
  public static OrcFiles of(
      BulkFormat<RowData, FileSourceSplit> format, RowType columns, OptionCheck check) {
    if (check.options().value(BY_POSITION).filter("true"::equalsIgnoreCase).isPresent()) {
      check.refuse(
          BY_POSITION,
          "true (expected: none; columns are read by their names, and only those that Hive has"
              + " numbered, _col0 and so on, by their order)");
    }
    return new OrcFiles(format, columns, check.read(MAY_LACK_COLUMNS, "true or false"));
  }

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
   * Checks a column, and those within it. ORC reads one of another type as nulls where its values
   * are none of the declared type, and says nothing.
   *
   * @param name of the column, behind those that it is within
   */
  private void checkColumn(Path file, String name, LogicalType declared, TypeDescription found) {
    if (!isReadAs(declared, found)) {
      throw new RecordFailureException(
          "%s: column '%s': '%s' (expected: what is read as %s, as it is declared; declare it as it is in the file)"
              .formatted(file, name, found, declared.asSummaryString()),
          null);
    }
    List<TypeDescription> within = found.getChildren();
    if (declared instanceof RowType row) {
      checkRow(file, name + ".", row, found, false);
    } else if (declared instanceof ArrayType list) {
      checkColumn(file, name, list.getElementType(), within.get(0));
    } else if (declared instanceof MapType map) {
      checkColumn(file, name, map.getKeyType(), within.get(0));
      checkColumn(file, name, map.getValueType(), within.get(1));
    }
  }

  /** Whether each value is one of the declared type, which may be a wider one. */
  private static boolean isReadAs(LogicalType declared, TypeDescription found) {
    TypeDescription.Category type = found.getCategory();
    return switch (declared.getTypeRoot()) {
      case BOOLEAN -> type == TypeDescription.Category.BOOLEAN;
      case TINYINT -> WHOLE.subList(0, 1).contains(type);
      case SMALLINT -> WHOLE.subList(0, 2).contains(type);
      case INTEGER -> WHOLE.subList(0, 3).contains(type);
      case BIGINT -> WHOLE.contains(type);
      // Of whole numbers those that it has all of.
      case FLOAT -> type == TypeDescription.Category.FLOAT || WHOLE.subList(0, 2).contains(type);
      case DOUBLE ->
          type == TypeDescription.Category.FLOAT
              || type == TypeDescription.Category.DOUBLE
              || WHOLE.subList(0, 3).contains(type);
      case DECIMAL ->
          type == TypeDescription.Category.DECIMAL && hasDigitsOf((DecimalType) declared, found);
      case CHAR, VARCHAR -> TEXTS.contains(type) && isNoLonger(found, declared);
      case BINARY, VARBINARY -> type == TypeDescription.Category.BINARY;
      case DATE -> type == TypeDescription.Category.DATE;
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          type == TypeDescription.Category.TIMESTAMP;
      case ARRAY -> type == TypeDescription.Category.LIST;
      case MAP -> type == TypeDescription.Category.MAP;
      case ROW -> type == TypeDescription.Category.STRUCT;
      // Which Flink's format refuses.
      default -> true;
    };
  }

  /** As ORC cuts off what is, and fills up what is shorter than a CHAR. */
  private static boolean isNoLonger(TypeDescription found, LogicalType declared) {
    int most = LogicalTypeChecks.getLength(declared);
    if (most == VarCharType.MAX_LENGTH) {
      return true;
    }
    boolean bounded = found.getCategory() != TypeDescription.Category.STRING;
    return bounded
        && (declared instanceof CharType
            ? found.getMaxLength() == most
            : found.getMaxLength() <= most);
  }

  private static boolean hasDigitsOf(DecimalType declared, TypeDescription found) {
    return found.getScale() <= declared.getScale()
        && found.getPrecision() - found.getScale() <= declared.getPrecision() - declared.getScale();
  }

  private void checkRow(
      Path file, String within, RowType declared, TypeDescription found, boolean byOrder) {
    List<String> names = found.getFieldNames();
    for (int i = 0; i < declared.getFieldCount(); i++) {
      RowType.RowField column = declared.getFields().get(i);
      int place = byOrder ? i : names.indexOf(column.getName());
      if (place >= 0 && place < names.size()) {
        checkColumn(
            file, within + column.getName(), column.getType(), found.getChildren().get(place));
      } else if (!(mayLackColumns && column.getType().isNullable())) {
        throw new MissingColumn(
                file,
                new RowType.RowField(within + column.getName(), column.getType()),
                names.stream().map(name -> within + name).toList(),
                Optional.of(MAY_LACK_COLUMNS))
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
