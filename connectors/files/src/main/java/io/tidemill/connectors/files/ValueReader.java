package io.tidemill.connectors.files;

import java.util.Set;
import org.apache.flink.formats.parquet.vector.reader.ColumnReader;
import org.apache.flink.table.data.columnar.vector.writable.WritableBooleanVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableByteVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableBytesVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableColumnVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableDoubleVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableFloatVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableIntVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableLongVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableShortVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableTimestampVector;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.EncodingStats;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/**
 * Reads a flat column value by value, through Parquet's own reader, which knows every encoding:
 * Flink's knows the plain one and dictionaries, but reads those several times as fast. So do
 * timestamps that are days, of which it misreads some, and decimals of bytes, which it looks for as
 * numbers in a dictionary of bytes. Not thread-safe.
 */
final class ValueReader implements ColumnReader<WritableColumnVector> {
  @SuppressWarnings("deprecation") // Of PLAIN_DICTIONARY, which most files have.
  private static final Set<Encoding> OF_FLINK =
      Set.of(Encoding.PLAIN, Encoding.PLAIN_DICTIONARY, Encoding.RLE_DICTIONARY);

  @SuppressWarnings("deprecation") // Of BIT_PACKED, which old files have.
  private static final Set<Encoding> OF_LEVELS = Set.of(Encoding.RLE, Encoding.BIT_PACKED);

  private final org.apache.parquet.column.ColumnReader column;
  private final int present;
  private final Setter setter;

  @FunctionalInterface
  private interface Setter {
    void set(WritableColumnVector vector, int row, org.apache.parquet.column.ColumnReader column);
  }

  /**
   * A reader at the begin of a row group.
   *
   * @param createdBy who wrote the file
   * @param utc whether timestamps are of UTC and not of this machine's time zone
   */
  ValueReader(
      LogicalType declared,
      Type inFile,
      PageReadStore pages,
      @Nullable String createdBy,
      boolean utc) {
    this.column = column(inFile, pages, createdBy);
    this.present = column.getDescriptor().getMaxDefinitionLevel();
    this.setter = setter(declared, inFile.asPrimitiveType(), utc);
  }

  /** Whether a column of a row group is for this reader. */
  @SuppressWarnings("deprecation") // Of BIT_PACKED, as which Flink's reads no levels.
  static boolean reads(LogicalType declared, Type inFile, ColumnChunkMetaData chunk) {
    PrimitiveTypeName type = inFile.asPrimitiveType().getPrimitiveTypeName();
    if (declared.is(LogicalTypeFamily.TIMESTAMP) && type != PrimitiveTypeName.INT64) {
      return true;
    }
    if (declared.is(LogicalTypeRoot.DECIMAL) && type == PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY) {
      return true;
    }
    if (inFile.isRepetition(Type.Repetition.OPTIONAL)
        && chunk.getEncodings().contains(Encoding.BIT_PACKED)
        && !chunk.getEncodings().contains(Encoding.RLE)) {
      return true;
    }
    EncodingStats ofPages = chunk.getEncodingStats();
    return ofPages != null
        ? !OF_FLINK.containsAll(ofPages.getDataEncodings())
        : !chunk.getEncodings().stream()
            .allMatch(
                encoding ->
                    OF_FLINK.contains(encoding)
                        || (OF_LEVELS.contains(encoding) && type != PrimitiveTypeName.BOOLEAN));
  }

  /** Parquet's own reader of a column with one value or one list of them in a row. */
  static org.apache.parquet.column.ColumnReader column(
      Type inFile, PageReadStore pages, @Nullable String createdBy) {
    MessageType alone = new MessageType("column", inFile);
    ColumnDescriptor descriptor = alone.getColumns().get(0);
    return new ColumnReadStoreImpl(pages, new NoConverter(), alone, createdBy)
        .getColumnReader(descriptor);
  }

  private static Setter setter(LogicalType declared, PrimitiveType inFile, boolean utc) {
    return switch (declared.getTypeRoot()) {
      case BOOLEAN ->
          (vector, row, column) ->
              ((WritableBooleanVector) vector).setBoolean(row, column.getBoolean());
      case TINYINT ->
          (vector, row, column) ->
              ((WritableByteVector) vector).setByte(row, (byte) column.getInteger());
      case SMALLINT ->
          (vector, row, column) ->
              ((WritableShortVector) vector).setShort(row, (short) column.getInteger());
      case FLOAT ->
          (vector, row, column) -> ((WritableFloatVector) vector).setFloat(row, column.getFloat());
      case DOUBLE ->
          (vector, row, column) ->
              ((WritableDoubleVector) vector).setDouble(row, column.getDouble());
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE -> {
        Timestamps timestamps = new Timestamps(inFile, utc);
        yield inFile.getPrimitiveTypeName() == PrimitiveTypeName.INT64
            ? (vector, row, column) ->
                ((WritableTimestampVector) vector)
                    .setTimestamp(row, timestamps.of(column.getLong()))
            : (vector, row, column) ->
                ((WritableTimestampVector) vector)
                    .setTimestamp(row, timestamps.of(column.getBinary()));
      }
      default ->
          switch (inFile.getPrimitiveTypeName()) {
            case INT32 ->
                (vector, row, column) ->
                    ((WritableIntVector) vector).setInt(row, column.getInteger());
            case INT64 ->
                (vector, row, column) ->
                    ((WritableLongVector) vector).setLong(row, column.getLong());
            default ->
                (vector, row, column) -> setBytes(vector, row, column.getBinary().getBytesUnsafe());
          };
    };
  }

  /** Of a decimal of few digits the vector has numbers. */
  private static void setBytes(WritableColumnVector vector, int row, byte[] bytes) {
    if (vector instanceof WritableBytesVector texts) {
      texts.appendBytes(row, bytes, 0, bytes.length);
      return;
    }
    long number = bytes.length > 0 && bytes[0] < 0 ? -1 : 0;
    for (byte one : bytes) {
      number = number << Byte.SIZE | (one & 0xff);
    }
    if (vector instanceof WritableIntVector ints) {
      ints.setInt(row, (int) number);
    } else {
      ((WritableLongVector) vector).setLong(row, number);
    }
  }

  @Override
  public void readToVector(int rows, WritableColumnVector vector) {
    // Another row group's may have been set by another reader.
    vector.setDictionary(null);
    for (int row = 0; row < rows; row++) {
      if (column.getCurrentDefinitionLevel() == present) {
        setter.set(vector, row, column);
      } else {
        vector.setNullAt(row);
      }
      column.consume();
    }
  }

  /** Nothing is converted: values are asked for one by one. */
  private static final class NoConverter extends GroupConverter {
    @Override
    public Converter getConverter(int field) {
      return this;
    }

    @Override
    public PrimitiveConverter asPrimitiveConverter() {
      return new PrimitiveConverter() {};
    }

    @Override
    public void start() {}

    @Override
    public void end() {}
  }
}
