package io.tidemill.connectors.files;

import static java.util.Objects.requireNonNull;

import io.tidemill.connectors.record.RecordFailureException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.connector.file.src.util.SingletonResultIterator;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.formats.parquet.vector.ParquetSplitReaderUtil;
import org.apache.flink.formats.parquet.vector.reader.ColumnReader;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.data.columnar.vector.writable.WritableColumnVector;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.BadConfigurationException;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ColumnPath;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.ParquetDecodingException;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/** Reads the row groups of a split: those whose middle lies in it. One thread at a time. */
final class ParquetColumnReader implements BulkFormat.Reader<VectorizedColumnBatch>, StandsAt {
  private final FileSourceSplit split;
  private final String path;
  private final ParquetFileReader file;
  private final PageMemory memory;
  private final boolean utc;
  private final List<LogicalType> types;
  // Null for a column that the file does not have.
  private final List<@Nullable Type> found = new ArrayList<>();
  // Of the columns that are read. Parquet finds all of them anew for each who asks.
  private final List<ColumnDescriptor> descriptors;
  private final ColumnVectors vectors;

  private int nextGroup;
  private long firstRow;
  private long rowsRead;
  private long rowsLeft;
  private @Nullable PageReadStore pages;
  private Map<ColumnPath, ColumnChunkMetaData> begun = Map.of();
  private final List<@Nullable ColumnReader<WritableColumnVector>> readers = new ArrayList<>();

  private ParquetColumnReader(
      FileSourceSplit split,
      ParquetFileReader file,
      PageMemory memory,
      DeclaredColumns columns,
      boolean utc,
      BiFunction<ColumnVectors.Kinds, Runnable, ColumnVectors> vectors) {
    this.split = split;
    this.path = split.path().toString();
    this.file = file;
    this.memory = memory;
    this.utc = utc;
    this.types = columns.columns().getChildren();
    MessageType schema = file.getFileMetaData().getSchema();
    for (String name : columns.columns().getFieldNames()) {
      found.add(schema.containsField(name) ? schema.getType(name) : null);
    }
    this.vectors =
        vectors.apply(
            new ColumnVectors.Kinds(types, found), () -> columns.check(split.path(), schema));
    MessageType read =
        new MessageType(schema.getName(), found.stream().filter(Objects::nonNull).toList());
    file.setRequestedSchema(read);
    descriptors = read.getColumns();
    List<BlockMetaData> groups = file.getRowGroups();
    while (nextGroup < groups.size() && middle(groups.get(nextGroup)) < split.offset()) {
      firstRow += groups.get(nextGroup++).getRowCount();
    }
  }

  /**
   * A reader before the first row of a split.
   *
   * @param checksums whether pages that have one must match it
   * @param memory for what is read, of no other reader that is open
   * @param vectors gives those of one kind, of which the first must pass the check
   * @throws RecordFailureException if columns are not as declared
   */
  static ParquetColumnReader open(
      FileSourceSplit split,
      DeclaredColumns columns,
      boolean utc,
      boolean checksums,
      PageMemory memory,
      BiFunction<ColumnVectors.Kinds, Runnable, ColumnVectors> vectors)
      throws IOException {
    ParquetFileReader file = open(split.path(), split.fileSize(), checksums, memory);
    try {
      return new ParquetColumnReader(split, file, memory, columns, utc, vectors);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  /** Opens a file, of which the footer is read. */
  static ParquetFileReader open(Path path, long bytes, boolean checksums, PageMemory memory)
      throws IOException {
    FSDataInputStream stream = path.getFileSystem().open(path);
    // Without Hadoop's configuration, of which each new one parses a file of a thousand settings.
    PlainParquetConfiguration configuration = new PlainParquetConfiguration();
    ParquetReadOptions options =
        ParquetReadOptions.builder(configuration)
            .usePageChecksumVerification(checksums)
            .withAllocator(memory)
            .withCodecFactory(memory.codecs(configuration))
            .build();
    try {
      return ParquetFileReader.open(new TailedFile(stream, bytes), options);
    } catch (IOException | RuntimeException | Error e) {
      stream.close();
      throw e;
    }
  }

  /** Within the file whatever its footer says, so that each group is of one split. */
  private long middle(BlockMetaData group) {
    long middle = group.getStartingPos() + group.getCompressedSize() / 2;
    return Math.max(0, Math.min(middle, split.fileSize() - 1));
  }

  @Override
  public BulkFormat.@Nullable RecordIterator<VectorizedColumnBatch> readBatch() throws IOException {
    VectorizedColumnBatch element = readColumns();
    if (element == null) {
      return null;
    }
    SingletonResultIterator<VectorizedColumnBatch> elements = new SingletonResultIterator<>();
    elements.set(element, CheckpointedPosition.NO_OFFSET, rowsRead);
    return elements;
  }

  /** The next columns, which whoever gets them may keep; null behind the last ones. */
  @Nullable VectorizedColumnBatch readColumns() throws IOException {
    if (!hasRows(0)) {
      return null;
    }
    long before = firstRow + rowsRead;
    ColumnVectors.Filled filled = vectors.take();
    int rows = fill(filled, vectors.rows());
    int count = types.size();
    ColumnVector[] all = Arrays.copyOf(filled.read(), count + 1);
    all[count] = new FileOrigin(path, before, new FileOrigin.Taken(vectors, filled));
    VectorizedColumnBatch element = new VectorizedColumnBatch(all);
    element.setNumRows(rows);
    return element;
  }

  /** So many rows of the split. */
  long rowsRead() {
    return rowsRead;
  }

  /** Goes on behind so many rows of the split. */
  void skip(long rows) throws IOException {
    ColumnVectors.Filled scratch = vectors.take();
    while (rowsRead < rows && hasRows(rows)) {
      // None are left where the groups that were passed over end there, and of vectors that were
      // filled with no row Flink makes no larger ones, without an end.
      if (rowsRead < rows) {
        fill(scratch, Math.min(vectors.rows(), rows - rowsRead));
      }
    }
    vectors.giveBack(scratch);
  }

  /** Whether there are rows; groups that end before so many rows of the split are passed over. */
  private boolean hasRows(long rows) throws IOException {
    List<BlockMetaData> groups = file.getRowGroups();
    while (rowsLeft == 0
        && nextGroup < groups.size()
        && middle(groups.get(nextGroup)) < split.offset() + split.length()) {
      long inGroup = groups.get(nextGroup).getRowCount();
      Map<ColumnPath, ColumnChunkMetaData> chunks = chunks(groups.get(nextGroup));
      if (inGroup > 0 && rowsRead + inGroup > rows) {
        begin(nextGroup, chunks);
        rowsLeft = inGroup;
      } else {
        rowsRead += inGroup;
      }
      nextGroup++;
    }
    return rowsLeft > 0;
  }

  /** Those that are read of a group, of which the footer may be damaged. */
  private Map<ColumnPath, ColumnChunkMetaData> chunks(BlockMetaData group) {
    Map<ColumnPath, ColumnChunkMetaData> all = new HashMap<>();
    for (ColumnChunkMetaData chunk : group.getColumns()) {
      all.put(chunk.getPath(), chunk);
    }
    Map<ColumnPath, ColumnChunkMetaData> chunks = new LinkedHashMap<>();
    for (ColumnDescriptor column : descriptors) {
      ColumnPath at = ColumnPath.get(column.getPath());
      ColumnChunkMetaData chunk = all.get(at);
      if (chunk == null) {
        throw new ParquetDecodingException(
            "%s: row group %d has no column '%s' (the file is damaged)"
                .formatted(path, group(), column.getPath()[0]));
      }
      check(chunk, column, group.getRowCount());
      chunks.put(at, chunk);
    }
    return chunks;
  }

  /** A wrong number of rows would leave some out in silence, or make some up. */
  private void check(ColumnChunkMetaData chunk, ColumnDescriptor column, long rows) {
    long values = chunk.getValueCount();
    boolean several = column.getMaxRepetitionLevel() > 0 && rows > 0;
    if (several ? values < rows : values != rows) {
      throw damaged(
          column.getPath()[0],
          "%d values (expected: %d%s, the rows of the group; the file is damaged)"
              .formatted(values, rows, several ? " or more" : ""));
    }
    long begin = chunk.getStartingPos();
    long size = chunk.getTotalSize();
    if (begin < 0 || size < 0 || begin > split.fileSize() - size) {
      throw damaged(
          column.getPath()[0],
          "%d bytes from byte %d on (expected: within the file's %d; the file is damaged)"
              .formatted(size, begin, split.fileSize()));
    }
  }

  /**
   * What a damaged header says a page has may be far more than there is; a page that its footer
   * knows to be so large wants more memory, whoever has the rest of it.
   */
  private RuntimeException tooLarge(int column, OutOfMemoryError e) {
    String name = requireNonNull(found.get(column)).getName();
    long largest =
        begun.values().stream()
            .filter(chunk -> chunk.getPath().toArray()[0].equals(name))
            .mapToLong(ColumnChunkMetaData::getTotalUncompressedSize)
            .max()
            .orElse(0);
    int page = memory.takeLastPage();
    if (page > largest) {
      return damaged(
          name,
          "a page of %d bytes, which do not fit into memory (expected: %d or fewer, those of the column; the file is damaged)"
              .formatted(page, largest));
    }
    return new BeyondMemory(
            "%s: row group %d: column '%s'".formatted(path, group(), name),
            "a page of %d bytes with its values".formatted(page),
            "smaller row groups")
        .failure(e);
  }

  private ParquetDecodingException damaged(String column, String has) {
    return new ParquetDecodingException(
        "%s: row group %d: column '%s': %s".formatted(path, group(), column, has));
  }

  private void begin(int group, Map<ColumnPath, ColumnChunkMetaData> chunks) throws IOException {
    closePages();
    begun = chunks;
    PageReadStore read = memory.pagesOf(read(group, chunks));
    pages = read;
    readers.clear();
    for (int i = 0; i < types.size(); i++) {
      Type type = found.get(i);
      memory.takeLastPage();
      try {
        readers.add(type == null ? null : reader(types.get(i), type, chunks, read));
      } catch (OutOfMemoryError e) {
        throw tooLarge(i, e);
      }
    }
  }

  private PageReadStore read(int group, Map<ColumnPath, ColumnChunkMetaData> chunks)
      throws IOException {
    try {
      return file.readRowGroup(group);
    } catch (BadConfigurationException e) {
      // Of a codec that has a class of its own.
      for (ColumnChunkMetaData chunk : chunks.values()) {
        if (isOf(chunk.getCodec(), e)) {
          throw new RecordFailureException(
              "%s: column '%s': compressed as %s, for which the class path has no %s (expected: UNCOMPRESSED, SNAPPY, GZIP, ZSTD, LZ4 or LZ4_RAW; write the file so, or add what has this class)"
                  .formatted(
                      path,
                      chunk.getPath().toArray()[0],
                      chunk.getCodec(),
                      chunk.getCodec().getHadoopCompressionCodecClassName()),
              e);
        }
      }
      throw e;
    }
  }

  private static boolean isOf(CompressionCodecName codec, BadConfigurationException missing) {
    String name = codec.getHadoopCompressionCodecClassName();
    return name != null && String.valueOf(missing.getMessage()).contains(name);
  }

  @SuppressWarnings("unchecked") // Of the vectors that Flink makes of the same types.
  private ColumnReader<WritableColumnVector> reader(
      LogicalType type,
      Type inFile,
      Map<ColumnPath, ColumnChunkMetaData> chunks,
      PageReadStore begun)
      throws IOException {
    String createdBy = file.getFileMetaData().getCreatedBy();
    if (ListReader.reads(type)) {
      return new ListReader(inFile, begun, createdBy);
    }
    if (!type.getChildren().isEmpty()) {
      return new NestedReader(type, inFile, begun, utc);
    }
    if (ValueReader.reads(
        type, inFile, requireNonNull(chunks.get(ColumnPath.get(inFile.getName()))))) {
      return new ValueReader(type, inFile, begun, createdBy, utc);
    }
    if (type.is(LogicalTypeFamily.TIMESTAMP)) {
      return new CountReader(inFile, begun, utc);
    }
    // What Flink knows of nested columns, it asks for nowhere else.
    return ParquetSplitReaderUtil.createColumnReader(
        utc, type, inFile, descriptors, begun, null, 0);
  }

  private int fill(ColumnVectors.Filled vector, long most) throws IOException {
    int rows = (int) Math.min(most, rowsLeft);
    for (int i = 0; i < readers.size(); i++) {
      ColumnReader<WritableColumnVector> reader = readers.get(i);
      WritableColumnVector written = vector.written().get(i);
      if (reader != null && written != null) {
        written.reset();
        memory.takeLastPage();
        try {
          reader.readToVector(rows, written);
        } catch (OutOfMemoryError e) {
          throw tooLarge(i, e);
        }
      }
    }
    rowsLeft -= rows;
    rowsRead += rows;
    return rows;
  }

  @Override
  public long offset() {
    return firstRow + rowsRead;
  }

  @Override
  public String place() {
    return "row %d, in row group %d".formatted(offset(), group());
  }

  private int group() {
    return rowsLeft > 0 ? nextGroup - 1 : nextGroup;
  }

  private void closePages() {
    if (pages != null) {
      pages.close();
      pages = null;
    }
  }

  @Override
  public void close() throws IOException {
    closePages();
    file.close();
  }
}
