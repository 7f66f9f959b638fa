package io.tidemill.connectors.files;

import static org.apache.flink.connector.file.src.util.CheckpointedPosition.NO_OFFSET;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.jspecify.annotations.Nullable;

/**
 * Small splits of files that one reader has, and reads one after the other: what Flink does for a
 * split takes longer than to read one of these. Immutable.
 *
 * <p>An offset in it says in which of the splits reading stands, and at which offset of its file.
 * Read up to there it is the rest of that split, and those behind it.
 */
final class FilesSplit extends FileSourceSplit {
  private static final long serialVersionUID = 1L;

  /** Of an offset in a file, which is one of a small split, or of what is packed in it. */
  private static final int OFFSET_BITS = 40;

  /** Behind all that is read of a file, as {@link UpToDamage} says it. */
  private static final long LAST = (1L << OFFSET_BITS) - 1;

  /** So long a file may be that an offset in it is known. */
  static final long MOST_FILE_BYTES = LAST - 2;

  private final List<FileSourceSplit> splits;

  private FilesSplit(List<FileSourceSplit> splits) {
    super(
        splits.get(0).splitId(),
        splits.get(0).path(),
        splits.get(0).offset(),
        splits.stream().mapToLong(FileSourceSplit::length).sum(),
        splits.get(0).fileModificationTime(),
        splits.get(0).fileSize(),
        splits.get(0).hostnames());
    this.splits = List.copyOf(splits);
  }

  /** One of splits, each of which is of one file or, once more, of several. */
  static FilesSplit of(List<? extends FileSourceSplit> splits) {
    return new FilesSplit(splits.stream().flatMap(FilesSplit::each).toList());
  }

  /** The splits of one file each that a split is made of. */
  static Stream<FileSourceSplit> each(FileSourceSplit split) {
    return split instanceof FilesSplit several ? several.splits.stream() : Stream.of(split);
  }

  /** How many bytes of files they are together. */
  static long bytes(Collection<FileSourceSplit> splits) {
    return splits.stream().mapToLong(FileSourceSplit::length).sum();
  }

  /** Each of one file. */
  List<FileSourceSplit> splits() {
    return splits;
  }

  /**
   * An offset in the whole of an offset in one of its splits.
   *
   * @throws IllegalArgumentException if it is larger than that of a small file
   */
  static long offset(int split, long inFile) {
    if (inFile == UpToDamage.BEHIND) {
      return place(split, LAST);
    }
    long one = inFile - NO_OFFSET;
    if (one < 0 || one >= LAST) {
      throw new IllegalArgumentException(
          "offset: %d (expected: >= %d, < %d)".formatted(inFile, NO_OFFSET, LAST + NO_OFFSET));
    }
    return place(split, one);
  }

  private static long place(int split, long one) {
    return ((long) split << OFFSET_BITS) | one;
  }

  @Override
  public FilesSplit updateWithCheckpointedPosition(@Nullable CheckpointedPosition position) {
    if (position == null) {
      return this;
    }
    int split = (int) (position.getOffset() >>> OFFSET_BITS);
    long one = position.getOffset() & LAST;
    CheckpointedPosition inFile =
        new CheckpointedPosition(
            one == LAST ? UpToDamage.BEHIND : one + NO_OFFSET, position.getRecordsAfterOffset());
    List<FileSourceSplit> rest = new ArrayList<>(splits.subList(split, splits.size()));
    rest.set(0, rest.get(0).updateWithCheckpointedPosition(inFile));
    return new FilesSplit(rest);
  }
}
