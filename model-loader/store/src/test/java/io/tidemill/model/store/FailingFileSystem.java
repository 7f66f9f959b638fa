package io.tidemill.model.store;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.jspecify.annotations.Nullable;

/** This machine's files, some of which fail. */
final class FailingFileSystem extends LocalFileSystem {
  private final AtomicReference<@Nullable Interference> atRename = new AtomicReference<>();
  private final AtomicReference<@Nullable Interference> atCreate = new AtomicReference<>();
  private volatile Predicate<Path> failing = path -> false;

  void fail(Predicate<Path> paths) {
    failing = paths;
  }

  /** Something that happens just before the next rename, or the next file. */
  interface Interference {
    void run() throws IOException;
  }

  /** Lets another process be faster, once. */
  void beforeRename(Interference value) {
    atRename.set(value);
  }

  void beforeCreate(Interference value) {
    atCreate.set(value);
  }

  private static void interfere(AtomicReference<@Nullable Interference> once) throws IOException {
    Interference other = once.getAndSet(null);
    if (other != null) {
      other.run();
    }
  }

  private void check(Path path) throws IOException {
    if (failing.test(path)) {
      throw new IOException("connection refused");
    }
  }

  @Override
  public boolean exists(Path path) throws IOException {
    check(path);
    return super.exists(path);
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    check(path);
    return super.listStatus(path);
  }

  @Override
  public FSDataInputStream open(Path path) throws IOException {
    check(path);
    return super.open(path);
  }

  @Override
  public FSDataOutputStream create(Path path, WriteMode mode) throws IOException {
    check(path);
    interfere(atCreate);
    return super.create(path, mode);
  }

  @Override
  public boolean rename(Path source, Path target) throws IOException {
    check(target);
    interfere(atRename);
    return super.rename(source, target);
  }
}
