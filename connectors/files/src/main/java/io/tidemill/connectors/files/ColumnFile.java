package io.tidemill.connectors.files;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.formats.parquet.utils.ParquetSchemaConverter;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.RowType;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.CodecFactory;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetOutputFormat;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.DelegatingPositionOutputStream;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.parquet.schema.MessageType;
import org.jspecify.annotations.Nullable;

/**
 * A Parquet file that is written column by column, by the settings that Flink's writer of rows
 * reads, and with the pages that Parquet makes of rows. Not thread-safe.
 */
final class ColumnFile implements Closeable {
  private final RowType type;
  private final Configuration settings;
  private final boolean utc;
  private final MessageType schema;
  private final ParquetProperties properties;
  private final CodecFactory codecs;
  private final BytesInputCompressor compressor;
  private final long groupBytes;
  private final ParquetFileWriter file;
  private @Nullable RowGroup group;
  private boolean failed;

  /**
   * Begins a file.
   *
   * @param stream where it goes, which stays open
   * @param utc whether timestamps are written as UTC and not in this machine's time zone
   */
  ColumnFile(FSDataOutputStream stream, RowType type, Configuration settings, boolean utc)
      throws IOException {
    this.type = type;
    this.settings = settings;
    this.utc = utc;
    schema = ParquetSchemaConverter.convertToParquetMessageType("flink_schema", type, settings);
    properties =
        ParquetProperties.builder()
            .withPageSize(ParquetOutputFormat.getPageSize(settings))
            .withDictionaryPageSize(ParquetOutputFormat.getDictionaryPageSize(settings))
            .withDictionaryEncoding(ParquetOutputFormat.getEnableDictionary(settings))
            .withWriterVersion(ParquetOutputFormat.getWriterVersion(settings))
            .build();
    codecs = new CodecFactory(settings, properties.getPageSizeThreshold());
    compressor =
        codecs.getCompressor(
            CompressionCodecName.fromConf(
                settings.get(ParquetOutputFormat.COMPRESSION, CompressionCodecName.SNAPPY.name())));
    groupBytes = ParquetOutputFormat.getLongBlockSize(settings);
    file =
        new ParquetFileWriter(
            new OpenFile(stream),
            schema,
            ParquetFileWriter.Mode.CREATE,
            groupBytes,
            settings.getInt(
                ParquetOutputFormat.MAX_PADDING_BYTES, ParquetWriter.MAX_PADDING_SIZE_DEFAULT),
            null,
            properties);
    file.start();
  }

  /** Writes all rows of these columns, which are free then. */
  void write(VectorizedColumnBatch columns) throws IOException {
    if (columns.getNumRows() == 0) {
      // Parquet ends no group of rows that has none.
      return;
    }
    // A file that failed in the middle of a row has no end that could be read.
    failed = true;
    RowGroup present = group;
    if (present == null) {
      present = new RowGroup(columns);
      group = present;
    }
    present.write(columns);
    if (present.bytes() >= Math.min(groupBytes, file.getNextRowGroupSize())) {
      present.end();
      group = null;
    }
    failed = false;
  }

  @Override
  public void close() throws IOException {
    try (ParquetFileWriter open = file) {
      if (!failed) {
        if (group != null) {
          group.end();
        }
        open.end(Map.of());
      }
    } finally {
      group = null;
      codecs.release();
    }
  }

  /** The rows that are in memory. */
  private final class RowGroup {
    private final ColumnChunkPageWriteStore pages =
        new ColumnChunkPageWriteStore(
            compressor,
            schema,
            properties.getAllocator(),
            properties.getColumnIndexTruncateLength(),
            properties.getPageWriteChecksumEnabled());
    private final @Nullable NumberPages[] numbers = new NumberPages[type.getFieldCount()];
    private final ColumnWriteStore store;
    private final List<FieldWriter> others;
    private long rows;

    /**
     * A group.
     *
     * @param first its first rows, by which the way of each field is chosen; not yet written
     */
    RowGroup(VectorizedColumnBatch first) {
      List<Integer> positions = new ArrayList<>();
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = numbers(first, i);
        if (numbers[i] == null) {
          positions.add(i);
        }
      }
      store =
          properties.newColumnWriteStore(
              new MessageType(schema.getName(), positions.stream().map(schema::getType).toList()),
              pages,
              pages);
      others =
          positions.stream()
              .map(i -> new FieldWriter(type, i, schema, store, settings, utc))
              .toList();
    }

    private @Nullable NumberPages numbers(VectorizedColumnBatch first, int field) {
      if (!schema.getType(field).isPrimitive()) {
        return null;
      }
      ColumnDescriptor column =
          schema.getColumnDescription(new String[] {schema.getFieldName(field)});
      return NumberPages.of(
          type.getTypeAt(field),
          column,
          properties,
          pages.getPageWriter(column),
          first.columns[field],
          first.getNumRows());
    }

    void write(VectorizedColumnBatch columns) throws IOException {
      int count = columns.getNumRows();
      for (int i = 0; i < numbers.length; i++) {
        NumberPages pages = numbers[i];
        if (pages != null) {
          pages.write(columns.columns[i], 0, count);
        }
      }
      if (!others.isEmpty()) {
        writeOthers(columns, count);
      }
      rows += count;
    }

    private void writeOthers(VectorizedColumnBatch columns, int count) {
      // Parquet ends a page where it is large enough when it looks, which it does between rows, and
      // no sooner than after so many: of more, written at once, it would make pages of any size.
      int turn = properties.getMinRowCountForPageSizeCheck();
      for (int from = 0; from < count; from += turn) {
        int to = Math.min(count, from + turn);
        for (FieldWriter field : others) {
          field.write(columns, from, to);
        }
        for (int i = from; i < to; i++) {
          store.endRecord();
        }
      }
    }

    /** The bytes that are in memory. */
    long bytes() {
      long sum = store.getBufferedSize();
      for (NumberPages pages : numbers) {
        if (pages != null) {
          sum += pages.bytes();
        }
      }
      return sum;
    }

    void end() throws IOException {
      try (pages;
          store) {
        file.startBlock(rows);
        for (NumberPages last : numbers) {
          if (last != null) {
            last.end();
          }
        }
        store.flush();
        pages.flushToFileWriter(file);
        file.endBlock();
      }
    }
  }

  /** A stream for Parquet. */
  private record OpenFile(FSDataOutputStream stream) implements OutputFile {
    @Override
    public PositionOutputStream create(long blockSizeHint) {
      return new DelegatingPositionOutputStream(stream) {
        @Override
        public long getPos() throws IOException {
          return stream.getPos();
        }

        @Override
        public void close() throws IOException {
          flush();
        }
      };
    }

    @Override
    public PositionOutputStream createOrOverwrite(long blockSizeHint) {
      return create(blockSizeHint);
    }

    @Override
    public boolean supportsBlockSize() {
      return false;
    }

    @Override
    public long defaultBlockSize() {
      return 0;
    }
  }
}
