package io.tidemill.model.importing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** What of PyTorch's a zip is. */
enum TorchZip {
  /** A program with its weights, which runs in PyTorch's own interpreter. */
  SCRIPT,
  /** What {@code torch.save} writes: a pickle. */
  PICKLE,
  NONE;

  private static final int MOST_ENTRIES = 100_000;

  static TorchZip of(Path file) throws IOException {
    byte[] start = Files.isRegularFile(file) ? new Listing(file).start(2) : new byte[0];
    if (start.length < 2 || start[0] != 'P' || start[1] != 'K') {
      return NONE;
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      List<String> names = zip.stream().limit(MOST_ENTRIES).map(ZipEntry::getName).toList();
      if (names.stream().noneMatch(name -> name.endsWith("/data.pkl"))) {
        return NONE;
      }
      boolean script =
          names.stream().anyMatch(name -> name.contains("/code/"))
              && names.stream().anyMatch(name -> name.endsWith("/constants.pkl"));
      return script ? SCRIPT : PICKLE;
    } catch (ZipException damaged) {
      return NONE;
    }
  }
}
