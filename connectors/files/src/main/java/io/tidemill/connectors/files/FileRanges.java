package io.tidemill.connectors.files;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.enumerate.BlockSplittingRecursiveAllDirEnumerator;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;

/**
 * Finds files, and cuts large ones into ranges for several readers, as file systems of blocks do:
 * this machine's and object stores know of one block only. Not thread-safe.
 */
final class FileRanges extends BlockSplittingRecursiveAllDirEnumerator {
  /** Bytes beside which it costs nothing to open the file again. */
  static final long LONGEST = 64L << 20;

  /** Those whose paths match, but for hidden ones. */
  FileRanges(String pattern) {
    super(pattern);
  }

  @Override
  protected void convertToSourceSplits(
      FileStatus file, FileSystem files, List<FileSourceSplit> target) throws IOException {
    List<FileSourceSplit> blocks = new ArrayList<>();
    super.convertToSourceSplits(file, files, blocks);
    boolean whole = !isFileSplittable(file.getPath());
    for (FileSourceSplit block : blocks) {
      // Of about one length, so that the last is no crumb.
      long ranges = whole ? 1 : Math.max(1, (block.length() + LONGEST / 2) / LONGEST);
      for (long i = 0; i < ranges; i++) {
        long begin = block.length() * i / ranges;
        long end = block.length() * (i + 1) / ranges;
        target.add(
            new FileSourceSplit(
                getNextId(),
                block.path(),
                block.offset() + begin,
                end - begin,
                file.getModificationTime(),
                file.getLen(),
                block.hostnames()));
      }
    }
  }
}
