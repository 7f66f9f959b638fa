package io.tidemill.connectors.files;

import io.tidemill.connectors.record.RecordFailureException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.io.compression.Bzip2InputStreamFactory;
import org.apache.flink.api.common.io.compression.DeflateInflaterInputStreamFactory;
import org.apache.flink.api.common.io.compression.GzipInflaterInputStreamFactory;
import org.apache.flink.api.common.io.compression.InflaterInputStreamFactory;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.compression.StandardDeCompressors;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.connector.file.src.util.MutableRecordAndPosition;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of a split of a text file. A place to go on from is the beginning of a record,
 * and how many of its rows were handed on, as one record may hold several. Not thread-safe.
 */
final class TextReader implements BulkFormat.Reader<RowData>, StandsAt {
  /** What goes to the task thread in one piece. */
  private static final int RECORDS_AT_ONCE = 1_000;

  private static final long BYTES_AT_ONCE = 1 << 20;

  private final TextRows.OfFile ofFile;
  private final RecordLines lines;
  private final long end;
  private final PostponedFailure postponed = new PostponedFailure();

  /** Where a restart goes on. */
  private final CheckpointedPosition restored;

  /** Rows from here on that were handed on before a restart. */
  private long skip;

  TextReader(TextRows rows, Quoting quoting, FileSourceSplit split) throws IOException {
    Path file = split.path();
    ofFile = rows.of(file);
    restored =
        split
            .getReaderPosition()
            .orElse(new CheckpointedPosition(CheckpointedPosition.NO_OFFSET, 0));
    skip = restored.getRecordsAfterOffset();
    boolean goesOn = restored.getOffset() != CheckpointedPosition.NO_OFFSET;
    InflaterInputStreamFactory<?> compression =
        StandardDeCompressors.getDecompressorForFileName(file.getPath());
    FSDataInputStream stream = file.getFileSystem().open(file);
    try {
      if (compression != null) {
        long begin = goesOn ? restored.getOffset() : 0;
        InputStream text = unpacked(file, compression, stream);
        text.skipNBytes(begin);
        lines = new RecordLines(text, begin, quoting);
        end = Long.MAX_VALUE;
      } else {
        // The line that ends at or behind the split's beginning is that of the split before.
        boolean cut = !goesOn && split.offset() > 0;
        long begin = goesOn ? restored.getOffset() : cut ? split.offset() - 1 : 0;
        stream.seek(begin);
        lines = new RecordLines(begin == 0 ? unlessPacked(file, stream) : stream, begin, quoting);
        if (cut) {
          lines.skipLine();
        }
        end = split.offset() + split.length();
      }
    } catch (IOException | RuntimeException e) {
      stream.close();
      throw e;
    }
  }

  /**
   * Flink's streams leave out what stands behind the first of bzip2, and what the others end at.
   */
  private static InputStream unpacked(
      Path file, InflaterInputStreamFactory<?> compression, InputStream stream) throws IOException {
    try {
      if (compression instanceof Bzip2InputStreamFactory) {
        return new Bzip2Text(stream);
      } else if (compression instanceof GzipInflaterInputStreamFactory) {
        return new GzipText(stream);
      } else if (compression instanceof DeflateInflaterInputStreamFactory) {
        return new DeflateText(stream);
      }
      return compression.create(stream);
    } catch (NoClassDefFoundError missing) {
      throw new RecordFailureException(
          "%s: cannot be unpacked, as the class path lacks %s (expected: a file that is compressed as gzip, deflate or bzip2, or not)"
              .formatted(file, String.valueOf(missing.getMessage()).replace('/', '.')),
          missing);
    }
  }

  /** A text from its first byte on, which would else be read as one long record that is none. */
  private static InputStream unlessPacked(Path file, InputStream stream) throws IOException {
    byte[] head = stream.readNBytes(Packing.HEAD);
    Packing packing = Packing.of(head).orElse(null);
    if (packing != null) {
      throw new RecordFailureException(
          "%s: is compressed as %s (expected: text, or a file of gzip, deflate or bzip2 whose name ends in .gz, .gzip, .deflate or .bz2, in small letters)"
              .formatted(file, packing),
          null);
    }
    return new SequenceInputStream(new ByteArrayInputStream(head), stream);
  }

  @Override
  public BulkFormat.@Nullable RecordIterator<RowData> readBatch() throws IOException {
    postponed.throwIfAny();
    Batch batch = new Batch();
    while (batch.all.isEmpty() || batch.hasRoom()) {
      byte[] line = next(batch);
      if (line == null) {
        break;
      }
      batch.bytes += line.length;
      ofFile.read(line, lines.start(), batch.all);
      if (skip > 0) {
        int left = (int) Math.min(skip, batch.all.size());
        batch.all.subList(0, left).clear();
        skip -= left;
      }
    }
    return batch.all.isEmpty() ? null : batch;
  }

  private byte @Nullable [] next(Batch before) throws IOException {
    try {
      return lines.next(end);
    } catch (IOException | RuntimeException e) {
      if (before.all.isEmpty()) {
        throw e;
      }
      postponed.keep(e);
      return null;
    }
  }

  @Override
  public long offset() {
    return lines.start();
  }

  @Override
  public String place() {
    return "byte " + offset();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  /** Rows, each with the place behind it. */
  private final class Batch implements BulkFormat.RecordIterator<RowData> {
    private final List<FileRow> all = new ArrayList<>(RECORDS_AT_ONCE);
    private final MutableRecordAndPosition<RowData> handed = new MutableRecordAndPosition<>();
    private long bytes;
    private int next;

    /** Of the row before, which a restart may have left out. */
    private long start = restored.getOffset();

    private long ofRecord = restored.getRecordsAfterOffset();

    boolean hasRoom() {
      return all.size() < RECORDS_AT_ONCE && bytes < BYTES_AT_ONCE;
    }

    @Override
    public @Nullable RecordAndPosition<RowData> next() {
      if (next == all.size()) {
        return null;
      }
      FileRow row = all.get(next++);
      long begins = row.offset();
      ofRecord = begins == start ? ofRecord + 1 : 1;
      start = begins;
      handed.set(row, begins, ofRecord);
      return handed;
    }

    @Override
    public void releaseBatch() {}
  }
}
