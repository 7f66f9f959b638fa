package io.tidemill.model.engine.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * ONNX Runtime's libraries where its jar has unpacked them, in a temporary folder that it deletes
 * when the process ends; of one that is killed they would stay. Immutable.
 *
 * @param files those that every process has, not those of a GPU, which ONNX Runtime looks for later
 */
record UnpackedLibraries(List<Path> files) {
  private static final Path MAPS = Path.of("/proc/self/maps");

  private static final Pattern MAPPED =
      Pattern.compile(
          "(?m)^\\S+ +\\S+ +\\S+ +\\S+ +\\d+ +(/.*/onnxruntime-java\\d+/libonnxruntime(?:4j_jni)?\\.so)$");

  /** Those that this process has loaded; none where the system does not tell. */
  static UnpackedLibraries loaded() {
    try {
      return new UnpackedLibraries(
          MAPPED
              .matcher(Files.readString(MAPS))
              .results()
              .map((MatchResult line) -> Path.of(line.group(1)))
              .distinct()
              .toList());
    } catch (IOException elsewhere) {
      return new UnpackedLibraries(List.of());
    }
  }

  /** They stay mapped. */
  void delete() {
    for (Path file : files) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException kept) {
        // Then ONNX Runtime deletes it at the end.
      }
    }
  }
}
