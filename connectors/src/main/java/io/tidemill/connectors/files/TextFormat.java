package io.tidemill.connectors.files;

import io.tidemill.connectors.record.DecodeFailure;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.Standalone;
import io.tidemill.connectors.record.ValueDecoder;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.io.compression.InflaterInputStreamFactory;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.compression.StandardDeCompressors;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.connector.file.src.util.MutableRecordAndPosition;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.table.utils.PartitionPathUtils;
import org.apache.flink.types.RowKind;
import org.jspecify.annotations.Nullable;

/**
 * Reads text files record by record. A row knows its file, and where in it the record begins, in
 * bytes of what a compressed file holds; what does not decode is a row without values, whose origin
 * says why. Immutable but for the decoder.
 */
final class TextFormat implements BulkFormat<RowData, FileSourceSplit> {
  private static final long serialVersionUID = 1L;

  /** What goes to the task thread in one piece. */
  private static final int RECORDS_AT_ONCE = 1_000;

  private static final long BYTES_AT_ONCE = 1 << 20;

  private final ValueDecoder decoder;
  private final Quoting quoting;
  private final RowType values;
  private final RowType rowType;
  private final String nameOfNull;
  private final boolean deadLetters;

  /** Of the fields of the values, those of the decoder's rows; the others are in folders' names. */
  private final int[] inFiles;

  private final int[] inFolders;

  /**
   * A format.
   *
   * @param decoder of the bytes of a record
   * @param values the columns of the files and their folders
   * @param inFiles the positions in {@code values} of what the decoder makes
   * @param inFolders the positions of what is in the names of folders
   * @param nameOfNull what a folder's name has for null
   * @param deadLetters whether rows keep their original bytes and undecodable ones are emitted;
   *     otherwise those throw
   */
  TextFormat(
      ValueDecoder decoder,
      Quoting quoting,
      RowType values,
      int[] inFiles,
      int[] inFolders,
      String nameOfNull,
      boolean deadLetters) {
    this.decoder = decoder;
    this.quoting = quoting;
    this.values = values;
    this.inFiles = inFiles;
    this.inFolders = inFolders;
    this.nameOfNull = nameOfNull;
    this.deadLetters = deadLetters;
    this.rowType = Origin.appendTo(values);
  }

  @Override
  public Reader createReader(Configuration configuration, FileSourceSplit split)
      throws IOException {
    return new Reader(split);
  }

  @Override
  public Reader restoreReader(Configuration configuration, FileSourceSplit split)
      throws IOException {
    return new Reader(split);
  }

  @Override
  public boolean isSplittable() {
    return !quoting.spansLines();
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return InternalTypeInfo.of(rowType);
  }

  /** Reads a split. Not thread-safe. */
  final class Reader implements BulkFormat.Reader<RowData> {
    private final RecordLines lines;
    private final long end;
    private final StringData path;
    private final GenericRowData folderValues = new GenericRowData(inFolders.length);
    private final Path file;

    /** Rows from here on that were read before a restart. */
    private long skip;

    private Reader(FileSourceSplit split) throws IOException {
      file = split.path();
      path = shared(BinaryStringData.fromString(file.toString()));
      Map<String, String> folders = PartitionPathUtils.extractPartitionSpecFromPath(file);
      for (int i = 0; i < inFolders.length; i++) {
        folderValues.setField(i, ofFolder(inFolders[i], folders));
      }
      decoder.open(new Standalone());
      Optional<CheckpointedPosition> restored = split.getReaderPosition();
      long from = restored.map(CheckpointedPosition::getOffset).orElse(0L);
      skip = restored.map(CheckpointedPosition::getRecordsAfterOffset).orElse(0L);
      InflaterInputStreamFactory<?> compression =
          StandardDeCompressors.getDecompressorForFileName(file.getPath());
      FSDataInputStream stream = file.getFileSystem().open(file);
      try {
        if (compression != null) {
          InputStream text = compression.create(stream);
          text.skipNBytes(from);
          lines = new RecordLines(text, from, quoting);
          end = Long.MAX_VALUE;
        } else {
          // The line that ends at or behind the split's beginning is that of the split before.
          boolean first = restored.isPresent() || split.offset() == 0;
          long begin = first ? from : split.offset() - 1;
          stream.seek(begin);
          lines = new RecordLines(stream, begin, quoting);
          if (!first) {
            lines.skipLine();
          }
          end = split.offset() + split.length();
        }
      } catch (IOException | RuntimeException e) {
        stream.close();
        throw e;
      }
    }

    private @Nullable Object ofFolder(int field, Map<String, String> folders) {
      String name = values.getFieldNames().get(field);
      String value = folders.get(name);
      if (value == null) {
        throw new RecordFailureException(
            "%s: in no folder '%s=…' (expected: one, as the source is partitioned-by: %s)"
                .formatted(file, name, name),
            null);
      }
      return value.equals(nameOfNull)
          ? null
          : shared(
              PartitionPathUtils.convertStringToInternalValue(
                  value, TypeConversions.fromLogicalToDataType(values.getTypeAt(field))));
    }

    /** Rows travel to other threads, and a string that is still lazy changes when it is read. */
    private static <T> T shared(T value) {
      if (value instanceof BinaryStringData text) {
        text.ensureMaterialized();
      }
      return value;
    }

    @Override
    public @Nullable RecordIterator<RowData> readBatch() throws IOException {
      Batch batch = new Batch();
      while (batch.rows.size() < RECORDS_AT_ONCE && batch.bytes < BYTES_AT_ONCE) {
        byte[] line = lines.next(end);
        if (line == null) {
          break;
        }
        read(line, batch);
      }
      return batch.rows.isEmpty() ? null : batch;
    }

    private void read(byte[] line, Batch batch) throws IOException {
      List<RowData> rows;
      try {
        rows = decoder.decode(line);
      } catch (IOException | RuntimeException e) {
        DecodeFailure failure = DecodeFailure.of(e);
        if (!deadLetters) {
          throw new RecordFailureException(
              "%s: the record at byte %d does not decode: %s; give the job a dead-letter sink to set such records aside"
                  .formatted(file, lines.start(), failure.message()),
              e);
        }
        batch.add(row(RowKind.INSERT, null, origin(line, failure)), line.length);
        return;
      }
      for (RowData row : rows) {
        batch.add(row(row.getRowKind(), row, origin(line, null)), line.length);
      }
    }

    private GenericRowData row(RowKind kind, @Nullable RowData decoded, GenericRowData origin) {
      GenericRowData row = new GenericRowData(kind, rowType.getFieldCount());
      if (decoded != null) {
        for (int i = 0; i < inFiles.length; i++) {
          row.setField(inFiles[i], decoder.field(decoded, i));
        }
        for (int i = 0; i < inFolders.length; i++) {
          row.setField(inFolders[i], folderValues.getField(i));
        }
      }
      row.setField(rowType.getFieldCount() - 1, origin);
      return row;
    }

    private GenericRowData origin(byte[] line, @Nullable DecodeFailure failure) {
      GenericRowData origin = new GenericRowData(Origin.TYPE.getFieldCount());
      origin.setField(Origin.TOPIC, path);
      origin.setField(Origin.OFFSET, lines.start());
      if (deadLetters) {
        origin.setField(Origin.VALUE, line);
      }
      if (failure != null) {
        origin.setField(Origin.ERROR_CLASS, StringData.fromString(failure.causeClass()));
        origin.setField(Origin.ERROR_MESSAGE, StringData.fromString(failure.message()));
      }
      return origin;
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }

    /** Rows, each with the place where its line begins, as one line may hold several. */
    private final class Batch implements RecordIterator<RowData> {
      private final List<GenericRowData> rows = new ArrayList<>(RECORDS_AT_ONCE);
      private final MutableRecordAndPosition<RowData> handed = new MutableRecordAndPosition<>();
      private long bytes;
      private int next;
      private long start = CheckpointedPosition.NO_OFFSET;
      private int ofLine;

      void add(GenericRowData row, int length) {
        if (skip > 0) {
          skip--;
          return;
        }
        rows.add(row);
        bytes += length;
      }

      @Override
      public @Nullable RecordAndPosition<RowData> next() {
        if (next == rows.size()) {
          return null;
        }
        GenericRowData row = rows.get(next++);
        long begins =
            row.getRow(rowType.getFieldCount() - 1, Origin.TYPE.getFieldCount())
                .getLong(Origin.OFFSET);
        ofLine = begins == start ? ofLine + 1 : 1;
        start = begins;
        handed.set(row, begins, ofLine);
        return handed;
      }

      @Override
      public void releaseBatch() {}
    }
  }
}
