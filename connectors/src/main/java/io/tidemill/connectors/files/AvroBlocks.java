package io.tidemill.connectors.files;

import io.tidemill.connectors.record.RecordFailureException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.AvroTypeException;
import org.apache.avro.Resolver;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileConstants;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.file.SeekableByteArrayInput;
import org.apache.avro.file.SeekableInput;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.connector.file.src.util.IteratorResultIterator;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.formats.avro.AvroToRowDataConverters;
import org.apache.flink.formats.avro.AvroToRowDataConverters.AvroToRowDataConverter;
import org.apache.flink.formats.avro.typeutils.AvroSchemaConverter;
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

  private static final int MARKER = DataFileConstants.SYNC_SIZE;
  private static final int BUFFER = 1 << 16;

  private final RowType rowType;
  private final Path path;
  private final FSDataInputStream file;
  private final long fileSize;
  private final long end;
  private final GenericDatumReader<GenericRecord> records;
  private final AvroToRowDataConverter converter;
  private final DataFileStream.Header head;
  private final InputStream blocks;

  /** Where the open block begins, and the next one behind it. */
  private long place;

  private long next;

  private @Nullable DataFileReader<GenericRecord> block;
  private long left;
  private long handed;
  private long skip;
  private @Nullable RuntimeException failure;

  AvroBlocks(RowType rowType, boolean mayLackColumns, FileSourceSplit split) throws IOException {
    this.rowType = rowType;
    path = split.path();
    Schema schema = AvroSchemaConverter.convertToSchema(rowType.copy(false));
    converter = AvroToRowDataConverters.createRowConverter(rowType);
    records = new GenericDatumReader<>(null, schema);
    fileSize = split.fileSize();
    end = split.offset() + split.length();
    file = split.path().getFileSystem().open(split.path());
    SeekableInput input = new FailingApart(file, fileSize);
    try {
      DataFileReader<GenericRecord> reader = new DataFileReader<>(input, records);
      head = reader.getHeader();
      checkColumns("", rowType, records.getSchema(), mayLackColumns);
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
    DataFileReader<GenericRecord> open = block;
    while (open == null || left == 0) {
      if (open != null && hasNext(open)) {
        throw damaged("more records than it says");
      }
      if (next >= end + MARKER || next >= fileSize) {
        return null;
      }
      open = open();
      block = open;
    }
    long from = handed;
    List<RowData> rows = new ArrayList<>();
    try {
      while (left > 0 && rows.size() < RECORDS_AT_ONCE) {
        rows.add((RowData) converter.convert(record(open)));
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

  private GenericRecord record(DataFileReader<GenericRecord> open) {
    try {
      GenericRecord record = open.next(null);
      left--;
      handed++;
      return record;
    } catch (AvroTypeException e) {
      throw declaredOtherwise(e);
    } catch (OutOfMemoryError e) {
      throw tooLarge("record %d of the block at byte %d".formatted(handed, place), e);
    } catch (IOException | RuntimeException e) {
      throw damaged("a record %d that does not decode: %s".formatted(handed, e));
    }
  }

  /** Avro tells neither the file nor the column. */
  private RecordFailureException declaredOtherwise(AvroTypeException mismatch) {
    String why = String.valueOf(mismatch.getMessage());
    Schema.Field failed = null;
    int most = 0;
    for (Schema.Field declared : records.getExpected().getFields()) {
      int likely = likely(declared, why);
      if (likely > most) {
        most = likely;
        failed = declared;
      }
    }
    if (failed == null) {
      return new RecordFailureException(path + ": " + why, mismatch);
    }
    Schema.Field found = recordsOf(records.getSchema()).getField(failed.name());
    return new RecordFailureException(
        "%s: column '%s': %s (expected: what is read as %s, as it is declared; declare it as it is in the file)"
            .formatted(
                path,
                failed.name(),
                found == null ? "not in the file" : found.schema(),
                rowType.getTypeAt(rowType.getFieldIndex(failed.name())).asSummaryString()),
        mismatch);
  }

  /** How likely a column is the one that failed, and not one with values that would; 0 for none. */
  private int likely(Schema.Field declared, String why) {
    Schema.Field found = recordsOf(records.getSchema()).getField(declared.name());
    if (found == null) {
      // Without it no record is read at all.
      return declared.defaultVal() == null ? 5 : 0;
    }
    Resolver.Action action = Resolver.resolve(found.schema(), declared.schema());
    List<String> errors = errors(action).toList();
    if (errors.isEmpty()) {
      return 0;
    }
    return 1 + (isNeverRead(action) ? 1 : 0) + (errors.stream().anyMatch(why::contains) ? 2 : 0);
  }

  /** What keeps values from being read as another schema has them. */
  static Stream<String> errors(Resolver.Action action) {
    if (action instanceof Resolver.WriterUnion union) {
      return Arrays.stream(union.actions).flatMap(AvroBlocks::errors);
    } else if (action instanceof Resolver.ReaderUnion union) {
      return errors(union.actualAction);
    } else if (action instanceof Resolver.Container container) {
      return errors(container.elementAction);
    } else if (action instanceof Resolver.RecordAdjust row) {
      return Arrays.stream(row.fieldActions).flatMap(AvroBlocks::errors);
    }
    return action instanceof Resolver.ErrorAction ? Stream.of(action.toString()) : Stream.empty();
  }

  private static boolean isNeverRead(Resolver.Action action) {
    return action instanceof Resolver.WriterUnion union
        ? Arrays.stream(union.actions)
            .filter(branch -> branch.writer.getType() != Schema.Type.NULL)
            .allMatch(AvroBlocks::isNeverRead)
        : action instanceof Resolver.ErrorAction;
  }

  private DataFileReader<GenericRecord> open() throws IOException {
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
    DataFileReader<GenericRecord> open =
        DataFileReader.openReader(new SeekableByteArrayInput(whole), records, head, false);
    next = place + whole.length;
    left = count;
    handed = 0;
    if (!hasNext(open)) {
      throw damaged("nothing that can be unpacked");
    }
    for (; skip > 0; skip--) {
      record(open);
    }
    return open;
  }

  /** Unpacks a block that was just opened, and checks one that was read. */
  private boolean hasNext(DataFileReader<GenericRecord> open) {
    try {
      return open.hasNext();
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
