package io.tidemill.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A temporary folder, deleted with all that is in it when it is closed. */
record WorkFolder(Path path) implements AutoCloseable {

  static WorkFolder create() throws IOException {
    return new WorkFolder(Files.createTempDirectory("tidemill-benchmarks"));
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> paths = Files.walk(path)) {
      for (Path one : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    }
  }
}
