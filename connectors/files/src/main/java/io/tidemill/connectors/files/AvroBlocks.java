package io.tidemill.connectors.files;

import io.tidemill.connectors.avro.AvroReader;
import io.tidemill.connectors.avro.AvroSchema;
import io.tidemill.connectors.avro.UnfitSchemaException;
import io.tidemill.connectors.record.RecordFailureException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileConstants;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.file.SeekableByteArrayInput;
import org.apache.avro.file.SeekableInput;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.connector.file.src.util.IteratorResultIterator;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.formats.avro.utils.FSDataInputStreamWrapper;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Reads the blocks of a split, one after the other: Avro's own reader gets each alone, and whole. A
 * block is of the split in which the marker before it begins. A place to go on from is where a
 * block begins, behind that marker, and how many of its records were handed on. Not thread-safe.
 *
 * <p>What is wrong in the file fails as Avro's own failures do, and not with an IOException.
 */
final class AvroBlocks implements BulkFormat.Reader<RowData>, PlacesRecords {
  /** What goes to the task thread in one piece. */
  private static final int RECORDS_AT_ONCE = 1_000;

  /** What follows the name of a column in the path of what is within it. */
  private static final Pattern WITHIN = Pattern.compile("[.\\[{]");

  private static final int MARKER = DataFileConstants.SYNC_SIZE;
  private static final int BUFFER = 1 << 16;

  private final RowType rowType;
  private final Path path;
  private final FSDataInputStream file;
  private final long fileSize;
  private final long end;
  private final Schema written;
  private final AvroReader records;
  private final DataFileStream.Header head;
  private final InputStream blocks;

  /** Where the open block begins, and the next one behind it. */
  private long place;

  private long next;

  private boolean opened;
  private long left;
  private long handed;
  private long skip;
  private @Nullable RuntimeException failure;

  AvroBlocks(RowType rowType, boolean mayLackColumns, FileSourceSplit split) throws IOException {
    this.rowType = rowType;
    path = split.path();
    fileSize = split.fileSize();
    end = split.offset() + split.length();
    file = split.path().getFileSystem().open(split.path());
    SeekableInput input = new FailingApart(file, fileSize);
    try {
      DataFileReader<Object> reader = new DataFileReader<>(input, new GenericDatumReader<>());
      head = reader.getHeader();
      written = reader.getSchema();
      checkColumns("", rowType, written, mayLackColumns);
      records = AvroSchema.readerOf(written, rowType);
      CheckpointedPosition restored = split.getReaderPosition().orElse(null);
      if (restored == null) {
        reader.sync(split.offset());
        next = reader.previousSync();
      } else {
        next = restored.getOffset();
        skip = restored.getRecordsAfterOffset();
      }
      input.seek(Math.min(next, fileSize));
    } catch (UncheckedIOException e) {
      file.close();
      throw e.getCause();
    } catch (IOException e) {
      file.close();
      throw new AvroRuntimeException(e);
    } catch (OutOfMemoryError e) {
      file.close();
      throw tooLarge("its head", e);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
    blocks = new BufferedInputStream(file, BUFFER);
  }

  /**
   * Tells what the file system fails with from what Avro says of the contents in the same words.
   */
  private static final class FailingApart extends FSDataInputStreamWrapper {
    FailingApart(FSDataInputStream file, long length) {
      super(file, length);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      try {
        return super.read(bytes, offset, length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void seek(long position) {
      try {
        super.seek(position);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The records of a file, which Flink's own writer takes for such as may be null. */
  static Schema recordsOf(Schema written) {
    return branch(written, Schema.Type.RECORD).orElse(written);
  }

  private static Optional<Schema> branch(Schema written, Schema.Type type) {
    return (written.isUnion() ? written.getTypes() : List.of(written))
        .stream().filter(branch -> branch.getType() == type).findFirst();
  }

  /**
   * Checks the columns of declared rows, those within others too. What is in the file as another
   * type is told when the first record is read.
   */
  private void checkColumns(
      String within, LogicalType declared, Schema written, boolean mayLackColumns) {
    if (declared instanceof RowType row) {
      branch(written, Schema.Type.RECORD)
          .ifPresent(found -> checkRow(within, row, found, mayLackColumns));
    } else if (declared instanceof ArrayType list) {
      branch(written, Schema.Type.ARRAY)
          .map(Schema::getElementType)
          .ifPresent(found -> checkColumns(within, list.getElementType(), found, mayLackColumns));
    } else if (declared instanceof MapType map) {
      branch(written, Schema.Type.MAP)
          .map(Schema::getValueType)
          .ifPresent(found -> checkColumns(within, map.getValueType(), found, mayLackColumns));
    }
  }

  private void checkRow(String within, RowType declared, Schema written, boolean mayLackColumns) {
    for (RowType.RowField column : declared.getFields()) {
      Schema.Field found = written.getField(column.getName());
      if (found != null) {
        checkColumns(
            within + column.getName() + ".", column.getType(), found.schema(), mayLackColumns);
      } else if (!(mayLackColumns && column.getType().isNullable())) {
        throw new MissingColumn(
                path,
                new RowType.RowField(within + column.getName(), column.getType()),
                written.getFields().stream().map(field -> within + field.name()).toList(),
                Optional.of(AvroFiles.MAY_LACK_COLUMNS))
            .failure();
      }
    }
  }

  @Override
  public BulkFormat.@Nullable RecordIterator<RowData> readBatch() throws IOException {
    if (failure != null) {
      throw failure;
    }
    while (left == 0) {
      if (opened && records.left() > 0) {
        throw damaged("more bytes than the records that it says");
      }
      if (next >= end + MARKER || next >= fileSize) {
        return null;
      }
      open();
    }
    long from = handed;
    List<RowData> rows = new ArrayList<>();
    try {
      while (left > 0 && rows.size() < RECORDS_AT_ONCE) {
        rows.add(record());
      }
    } catch (RuntimeException e) {
      if (rows.isEmpty()) {
        throw e;
      }
      failure = e;
    }
    return new IteratorResultIterator<>(rows.iterator(), place, from);
  }

  @Override
  public long offset(RecordAndPosition<RowData> record) {
    return record.getOffset();
  }

  @Override
  public int number(RecordAndPosition<RowData> record) {
    return (int) record.getRecordSkipCount() - 1;
  }

  private RowData record() {
    try {
      RowData record = records.next();
      left--;
      handed++;
      return record;
    } catch (UnfitSchemaException e) {
      throw declaredOtherwise(e);
    } catch (OutOfMemoryError e) {
      throw tooLarge("record %d of the block at byte %d".formatted(handed, place), e);
    } catch (IOException | RuntimeException e) {
      throw damaged("a record %d that does not decode: %s".formatted(handed, e));
    }
  }

  private RecordFailureException declaredOtherwise(UnfitSchemaException unfit) {
    String column = WITHIN.split(unfit.path(), 2)[0];
    int declared = rowType.getFieldIndex(column);
    Schema.Field found = recordsOf(written).getField(column);
    return new RecordFailureException(
        declared < 0 || found == null
            ? path + ": " + unfit.getMessage()
            : "%s: column '%s': %s (expected: what is read as %s, as it is declared; declare it as it is in the file)"
                .formatted(
                    path, column, found.schema(), rowType.getTypeAt(declared).asSummaryString()),
        unfit);
  }

  private void open() throws IOException {
    place = next;
    ByteArrayOutputStream numbers = new ByteArrayOutputStream();
    long count = number(numbers);
    long size = number(numbers);
    long behind = fileSize - place - numbers.size() - MARKER;
    if (count <= 0) {
      throw damaged("%d records (expected: one or more)".formatted(count));
    }
    if (size < 0 || size > Math.min(behind, Integer.MAX_VALUE - BUFFER)) {
      throw damaged(
          "%d bytes (expected: at most the %d that the file has behind it)"
              .formatted(size, behind));
    }
    byte[] whole;
    try {
      whole = Arrays.copyOf(numbers.toByteArray(), (int) (numbers.size() + size + MARKER));
    } catch (OutOfMemoryError e) {
      throw tooLarge("the block at byte %d, of %d bytes,".formatted(place, size), e);
    }
    int read = blocks.readNBytes(whole, numbers.size(), whole.length - numbers.size());
    if (read < whole.length - numbers.size()) {
      throw cutOff();
    }
    next = place + whole.length;
    left = count;
    handed = 0;
    ByteBuffer unpacked = unpacked(whole);
    records.begin(
        unpacked.array(), unpacked.arrayOffset() + unpacked.position(), unpacked.remaining());
    opened = true;
    for (; skip > 0; skip--) {
      record();
    }
  }

  private ByteBuffer unpacked(byte[] block) throws IOException {
    try {
      DataFileReader<Object> open =
          DataFileReader.openReader(
              new SeekableByteArrayInput(block), new GenericDatumReader<>(), head, false);
      if (!open.hasNext()) {
        throw damaged("nothing that can be unpacked");
      }
      return open.nextBlock();
    } catch (OutOfMemoryError e) {
      throw tooLarge("the block at byte %d, unpacked,".formatted(place), e);
    } catch (RuntimeException e) {
      throw damaged("contents that are not whole: " + (e.getCause() == null ? e : e.getCause()));
    }
  }

  /** A number of Avro's, of which the bytes are kept. */
  private long number(ByteArrayOutputStream bytes) throws IOException {
    long bits = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int one = blocks.read();
      if (one < 0) {
        throw cutOff();
      }
      bytes.write(one);
      bits |= (one & 0x7FL) << shift;
      if (one < 0x80) {
        return (bits >>> 1) ^ -(bits & 1);
      }
    }
    throw damaged("a length of more than 64 bits");
  }

  /** A damaged length asks for as much memory as it says, and so does a record that is whole. */
  private RecordFailureException tooLarge(String what, OutOfMemoryError e) {
    return new BeyondMemory(path.toString(), what, "smaller records and blocks").failure(e);
  }

  private AvroRuntimeException cutOff() {
    return damaged("an end behind that of the file (expected: whole blocks to the end)");
  }

  private AvroRuntimeException damaged(String has) {
    return new AvroRuntimeException("the block at byte %d has %s".formatted(place, has));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
