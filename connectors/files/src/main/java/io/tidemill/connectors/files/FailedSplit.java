package io.tidemill.connectors.files;

import io.tidemill.connectors.record.RecordFailureException;
import java.io.IOException;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.util.ExceptionUtils;

/** A split that failed to be read. */
record FailedSplit(FileSourceSplit split, Exception failure) {
  private static final long FOOTER_BYTES = 1 << 20;

  /** Hadoop's, through whose file systems ORC is read, and which need not be there. */
  private static final String NO_FILE_SYSTEM = "UnsupportedFileSystemException";

  /**
   * Whether its contents may be what failed, and not the file system: the file has the length that
   * it had when it was found, and its bytes can be read, those of the split and the last ones,
   * where formats have their footer. What the job's author, its class path or the rights of its
   * user must mend is no failure of the contents. Blocks on the file system.
   */
  boolean mayBeOfContents() {
    return ExceptionUtils.findThrowable(
                failure,
                cause ->
                    cause instanceof RecordFailureException
                        || cause instanceof ClassNotFoundException
                        || cause instanceof LinkageError
                        || cause.getClass().getSimpleName().equals(NO_FILE_SYSTEM))
            .isEmpty()
        && !new ReadFailure(failure).isDenied()
        && isReadable();
  }

  private boolean isReadable() {
    Path file = split.path();
    try {
      FileSystem files = file.getFileSystem();
      long length = files.getFileStatus(file).getLen();
      if (length != split.fileSize()) {
        return false;
      }
      try (FSDataInputStream bytes = files.open(file)) {
        long end = Math.min(length, split.offset() + split.length());
        long footer = Math.max(end, length - FOOTER_BYTES);
        return isReadable(bytes, split.offset(), end) && isReadable(bytes, footer, length);
      }
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
      return false;
    }
  }

  private static boolean isReadable(FSDataInputStream file, long from, long to) throws IOException {
    byte[] buffer = new byte[1 << 16];
    file.seek(from);
    long left = to - from;
    while (left > 0) {
      int read = file.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (read < 0) {
        return false;
      }
      left -= read;
    }
    return true;
  }
}
