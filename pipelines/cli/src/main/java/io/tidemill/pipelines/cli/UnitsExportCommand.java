package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.importing.archive.ModelExport;
import io.tidemill.model.store.cache.CachedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemill units export}. */
@Command(
    name = "export",
    description = {
      "Write a unit out of a store into one file, as 'tidemill package' wrote it.",
      "What is written is whole or not there."
    },
    mixinStandardHelpOptions = true)
final class UnitsExportCommand implements Runnable {
  @Parameters(
      index = "0",
      paramLabel = "NAME",
      description = "As in fraud-scoring:1.0.0 or fraud-scoring@production.")
  private ModelRef ref;

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      description = "A new file, as in fraud-scoring-1.0.0.tar.")
  private Path path;

  @Mixin private StoreOption store;
  @Mixin private Output output;

  @Override
  public void run() {
    Path target = new NewFile(path).path();
    FoundModel found = FoundModel.of(store.openUnits(), ref);
    try (CachedModel copy = found.cached(output, "exporting")) {
      new ModelExport(found.manifest(), copy.files(), found.signatures()).writeSealed(target);
    } catch (IOException unwritable) {
      throw new CommandFailedException(
          ExitCode.FAILED, path + ": cannot be written: " + unwritable.getMessage(), unwritable);
    }
    output.print(UnitView.of(found.manifest(), Map.of()), found + " is in " + target);
  }
}
