package io.tidemill.pipelines.cli;

import io.tidemill.model.importing.archive.ModelExport;
import io.tidemill.model.store.cache.CachedModel;
import io.tidemill.model.store.cache.LocalModelCache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemill model export}. */
@Command(
    name = "export",
    description = {
      "Write a version's files, proved, into a folder or one file.",
      "A PATH that ends in .tar becomes a tar that holds the manifest and signatures",
      "too, which 'push' publishes again; the same version gives the same bytes.",
      "What is written is whole or not there."
    },
    mixinStandardHelpOptions = true)
final class ModelExportCommand implements Runnable {
  @Mixin private ModelArgument model;

  @Parameters(
      index = "1",
      paramLabel = "PATH",
      description = "A folder that is empty or not there, or a new file as in fraud-1.4.2.tar.")
  private Path path;

  @Mixin private Output output;

  @Override
  public void run() {
    boolean file = path.toString().endsWith(".tar");
    Path target = file ? new NewFile(path).path() : new NewFolder(path).path();
    FoundModel found = model.find();
    try {
      if (file) {
        writeFile(found, target);
      } else {
        writeFolder(found, target);
      }
    } catch (IOException | UncheckedIOException unwritable) {
      throw new CommandFailedException(
          ExitCode.FAILED, path + ": cannot be written: " + unwritable.getMessage(), unwritable);
    }
    output.print(ModelView.of(found.manifest(), target), found + " is in " + target);
  }

  private void writeFile(FoundModel found, Path target) throws IOException {
    try (CachedModel copy = found.cached(output, "exporting")) {
      new ModelExport(found.manifest(), copy.files(), found.signatures()).write(target);
    }
  }

  /** Fetches and proves beside the target, then moves there in one step. */
  private void writeFolder(FoundModel found, Path target) throws IOException {
    Path parent = Files.createDirectories(target.resolveSibling(""));
    Path staging = Files.createTempDirectory(parent, ".tidemill-export-");
    try (CachedModel proved = found.in(new LocalModelCache(staging), output, "exporting")) {
      Files.move(proved.files(), target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      PathUtils.deleteDirectory(staging);
    }
  }
}
