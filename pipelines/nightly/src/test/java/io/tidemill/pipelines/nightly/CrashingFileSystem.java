package io.tidemill.pipelines.nightly;

import java.io.IOException;
import java.nio.file.Files;
import java.util.function.Consumer;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.local.LocalFileSystem;

/** This machine's files for a process that is killed before its n-th call, as if far away. */
final class CrashingFileSystem extends LocalFileSystem {
  private final boolean movesAtOnce;
  private long left;
  private Consumer<Path> moved = path -> {};
  private Consumer<Path> deleted = path -> {};

  /**
   * Files.
   *
   * @param movesAtOnce whether a folder is moved in one step; else a file is copied, and then
   *     deleted
   */
  CrashingFileSystem(boolean movesAtOnce, long calls) {
    this.movesAtOnce = movesAtOnce;
    this.left = calls;
  }

  /** Tells what was moved to where, and what was deleted. */
  CrashingFileSystem watched(Consumer<Path> whatWasMoved, Consumer<Path> whatWasDeleted) {
    moved = whatWasMoved;
    deleted = whatWasDeleted;
    return this;
  }

  boolean crashed() {
    return left < 0;
  }

  private void step() throws IOException {
    if (left <= 0) {
      left = -1;
      throw new IOException("killed");
    }
    left--;
  }

  @Override
  public boolean isDistributedFS() {
    return true;
  }

  @Override
  public boolean exists(Path path) throws IOException {
    step();
    return super.exists(path);
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    step();
    return super.listStatus(path);
  }

  @Override
  public FSDataInputStream open(Path path) throws IOException {
    step();
    return super.open(path);
  }

  @Override
  public FSDataOutputStream create(Path path, WriteMode mode) throws IOException {
    step();
    FSDataOutputStream out = super.create(path, mode);
    try {
      step();
    } catch (IOException killed) {
      out.close();
      throw killed;
    }
    return out;
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    step();
    return super.mkdirs(path);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    if (Files.isDirectory(onDisk(path))) {
      FileStatus[] children = super.listStatus(path);
      for (FileStatus child : children) {
        delete(child.getPath(), true);
      }
    }
    step();
    boolean done = super.delete(path, false);
    deleted.accept(path);
    return done;
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    step();
    if (movesAtOnce) {
      // As HDFS does: a folder goes into one that is there.
      boolean into = Files.isDirectory(onDisk(to));
      boolean done = super.rename(from, into ? new Path(to, from.getName()) : to);
      moved.accept(to);
      return done;
    }
    if (Files.isDirectory(onDisk(from))) {
      throw new IOException("no folder is moved in one step");
    }
    Files.copy(onDisk(from), onDisk(to), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    step();
    Files.delete(onDisk(from));
    moved.accept(to);
    return true;
  }

  private static java.nio.file.Path onDisk(Path path) {
    return java.nio.file.Path.of(path.getPath());
  }
}
