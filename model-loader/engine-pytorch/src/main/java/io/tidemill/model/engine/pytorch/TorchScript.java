package io.tidemill.model.engine.pytorch;

import io.tidemill.model.engine.FileKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** A zip with a program and its weights, which runs in PyTorch's own interpreter. */
record TorchScript(Path file) {
  static final FileKind KIND =
      new FileKind(
          "TorchScript file",
          "a zip with code/ and constants.pkl, as torch.jit.save writes it",
          List.of(".pt", ".pth"),
          file -> new TorchScript(file).isOne());

  private static final int MOST_ENTRIES = 100_000;

  /** Whether it has what such a zip has; what {@code torch.save} writes, a pickle, has not. */
  private boolean isOne() throws IOException {
    if (!FileKind.start(file, 2).equals("PK")) {
      return false;
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      List<String> names = zip.stream().limit(MOST_ENTRIES).map(ZipEntry::getName).toList();
      return names.stream().anyMatch(name -> name.endsWith("/data.pkl"))
          && names.stream().anyMatch(name -> name.contains("/code/"))
          && names.stream().anyMatch(name -> name.endsWith("/constants.pkl"));
    } catch (ZipException damaged) {
      return false;
    }
  }
}
