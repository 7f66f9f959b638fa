package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.store.CachedModel;
import io.tidemill.model.store.LocalModelCache;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.TransferListener;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemill model get}. */
@Command(
    name = "get",
    description = {
      "Fetch a version's files into a folder, and prove them.",
      "The folder is whole or not there."
    },
    mixinStandardHelpOptions = true)
final class ModelGetCommand implements Callable<Integer> {
  private final Map<String, String> environment;
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "As in fraud:1.4.2 or fraud@production.")
  private @Nullable ModelRef ref;

  @Parameters(index = "1", paramLabel = "FOLDER", description = "Empty, or not there yet.")
  private Path folder = Path.of("");

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();

  ModelGetCommand(Map<String, String> environment, Terminal terminal) {
    this.environment = Map.copyOf(environment);
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Path target = folder.toAbsolutePath().normalize();
    checkTarget(target);
    ModelStore store = storeOption.open(environment);
    ModelManifest manifest = VersionArgument.manifest(spec, store, ref);
    try (TransferProgress progress =
        TransferProgress.of(spec, terminal, output, "getting " + manifest.ref())) {
      fetch(store, manifest, target, progress);
    }
    PrintWriter out = spec.commandLine().getOut();
    output.print(
        out,
        ModelView.of(manifest, List.of(), target.toString()),
        () -> out.printf("%s (%s) is in %s%n", manifest.ref(), manifest.digest(), target));
    return ExitCode.DONE;
  }

  private void checkTarget(Path target) {
    if (!Files.exists(target)) {
      return;
    }
    try (Stream<Path> content = Files.list(target)) {
      if (content.findAny().isEmpty()) {
        return;
      }
    } catch (IOException unreadable) {
      throw new ParameterException(
          spec.commandLine(), folder + ": not a folder (expected: an empty folder, or none)");
    }
    throw new ParameterException(
        spec.commandLine(), folder + ": not empty (expected: an empty folder, or none)");
  }

  /** Fetches and proves beside the target, then moves there in one step. */
  private static void fetch(
      ModelStore store, ModelManifest manifest, Path target, TransferListener listener) {
    Path parent = target.getParent();
    if (parent == null) {
      throw new CommandFailedException(
          ExitCode.USAGE, target + ": the root (expected: an empty folder, or none)", null);
    }
    try {
      Files.createDirectories(parent);
      Path staging = Files.createTempDirectory(parent, ".tidemill-get-");
      try (CachedModel proved = new LocalModelCache(staging).open(store, manifest, listener)) {
        Files.move(proved.files(), target, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        delete(staging);
      }
    } catch (IOException | UncheckedIOException unwritable) {
      throw new CommandFailedException(
          ExitCode.FAILED, target + ": cannot be written: " + unwritable.getMessage(), unwritable);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> content = Files.walk(folder)) {
      for (Path path : content.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
