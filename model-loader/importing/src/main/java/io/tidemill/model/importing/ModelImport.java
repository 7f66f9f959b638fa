package io.tidemill.model.importing;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.golden.RowIndependence;
import io.tidemill.model.golden.Samples;
import io.tidemill.model.importing.archive.ModelArchive;
import io.tidemill.model.store.RefusedFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model that someone has, understood: its files, engine and signature, ready to be published. The
 * files may be temporary and are there until this is closed.
 *
 * <p>Not thread-safe.
 */
public final class ModelImport implements AutoCloseable {
  // They hold other formats, so they are looked for first and one of them is enough.
  private static final List<ModelFormat> CONTAINERS =
      List.of(new ExportFolder(), new MlflowFolder(), new TritonFolder());

  // By their first bytes.
  private static final Map<String, String> OTHER_ARCHIVES =
      Map.of(
          "fd377a585a00", "xz",
          "425a68", "bzip2",
          "28b52ffd", "Zstandard",
          "377abcaf271c", "7-Zip");

  private final DetectedModel model;
  private final Workspace workspace;

  private ModelImport(DetectedModel model, Workspace workspace) {
    this.model = requireNonNull(model, "model");
    this.workspace = workspace;
  }

  /**
   * Tells what a path is. Blocks while it is read, and unpacked if it is an archive.
   *
   * @throws InvalidModelException if it is nothing that is known, several things, refused or
   *     damaged
   * @throws UncheckedIOException if it cannot be read, or the temporary folder not be written
   */
  public static ModelImport open(Path path, ImportOptions options) {
    return open(path, options, Engines.here());
  }

  static ModelImport open(Path path, ImportOptions options, Engines engines) {
    Workspace workspace = new Workspace(options, engines);
    try {
      DetectedModel model = detect(unpacked(path, workspace), workspace);
      prove(model, workspace);
      return new ModelImport(model, workspace);
    } catch (InvalidModelException refused) {
      workspace.close();
      String message = String.valueOf(refused.getMessage());
      String original = workspace.original(message);
      throw original.equals(message) ? refused : new InvalidModelException(original, refused);
    } catch (IOException e) {
      workspace.close();
      throw new UncheckedIOException(path + ": " + workspace.original(e.toString()), e);
    } catch (RuntimeException e) {
      workspace.close();
      throw e;
    }
  }

  /**
   * A model for one size of batch is published only if its rows do not change each other's answers.
   * Where its engine does not run, whoever loads it proves it.
   */
  private static void prove(DetectedModel model, Workspace workspace) {
    if (model.signature().batch() < 2) {
      return;
    }
    try (Model loaded =
        workspace.load(
            workspace.engines().find(model.engine()), model.files(), model.signature())) {
      new RowIndependence(loaded, Samples.in(model.files(), model.signature())).require();
    } catch (UnavailableHereException elsewhere) {
      return;
    } catch (ModelException refused) {
      throw new InvalidModelException(String.valueOf(refused.getMessage()), refused);
    }
  }

  /** What it is. */
  public DetectedModel model() {
    return model;
  }

  /** What was there and is not published, by the names that the user has for it. */
  public List<String> leftOut() {
    return workspace.leftOut();
  }

  private static Path unpacked(Path path, Workspace workspace) throws IOException {
    if (Files.isRegularFile(path)) {
      RefusedFormat.check(path.toString(), path);
    }
    Optional<ModelArchive> archive = ModelArchive.of(path);
    return archive.isEmpty() || isModel(path, workspace) ? path : workspace.unpacked(archive.get());
  }

  /** Some models are archives themselves. */
  private static boolean isModel(Path file, Workspace workspace) throws IOException {
    for (Engine engine : workspace.engines().all()) {
      if (engine.detect(file).isPresent()) {
        return true;
      }
    }
    return false;
  }

  private static DetectedModel detect(Path path, Workspace workspace) throws IOException {
    for (ModelFormat container : CONTAINERS) {
      if (container.matches(path)) {
        return agreed(path, container.read(path, workspace), workspace.options());
      }
    }
    List<ModelFormat> found = new ArrayList<>();
    for (ModelFormat format : models(workspace, workspace.options().engine())) {
      if (format.matches(path)) {
        found.add(format);
      }
    }
    if (found.size() == 1) {
      return found.get(0).read(path, workspace);
    }
    new Listing(path).refuseCode();
    throw found.isEmpty() ? unknown(path, workspace) : ambiguous(path, found);
  }

  /** What a container says of itself is not overruled. */
  private static DetectedModel agreed(Path path, DetectedModel model, ImportOptions options) {
    String engine = options.engine();
    if (engine != null && !engine.equals(model.engine())) {
      throw new InvalidModelException(
          "%s: %s with a model of engine '%s', not '%s' as you say; leave the engine out"
              .formatted(path, model.format(), model.engine(), engine));
    }
    Signature given = options.signature();
    if (given != null && !given.equals(model.signature())) {
      throw new InvalidModelException(
          "%s: %s with inputs %s and outputs %s, not %s and %s as you say; leave them out"
              .formatted(
                  path,
                  model.format(),
                  model.signature().inputs(),
                  model.signature().outputs(),
                  given.inputs(),
                  given.outputs()));
    }
    return model;
  }

  private static List<ModelFormat> models(Workspace workspace, @Nullable String asked) {
    List<ModelFormat> models = new ArrayList<>();
    for (Engine engine : workspace.engines().all()) {
      if (asked == null || asked.equals(engine.name())) {
        models.add(new EngineFormat(engine));
        if (engine.name().equals(ServingFolder.ENGINE)) {
          models.add(new ServingFolder(engine));
        }
      }
    }
    return models;
  }

  private static InvalidModelException unknown(Path path, Workspace workspace) throws IOException {
    if (Files.isRegularFile(path)) {
      String start = HexFormat.of().formatHex(new Listing(path).start(6));
      for (Map.Entry<String, String> compression : OTHER_ARCHIVES.entrySet()) {
        if (start.startsWith(compression.getKey())) {
          return new InvalidModelException(
              "%s: compressed with %s (expected: a .tar, .tar.gz or .zip); pack it again"
                  .formatted(path, compression.getValue()));
        }
      }
    }
    return new InvalidModelException(
        "%s: %s; looked for %s, or a .tar, .tar.gz or .zip of one"
            .formatted(
                path,
                new Listing(path).described(),
                Stream.concat(CONTAINERS.stream(), models(workspace, null).stream())
                    .map(ModelFormat::sought)
                    .collect(Collectors.joining(", "))));
  }

  private static InvalidModelException ambiguous(Path path, List<ModelFormat> found)
      throws IOException {
    return new InvalidModelException(
        "%s: %s, which may be %s; name the file or the engine"
            .formatted(
                path,
                new Listing(path).described(),
                found.stream().map(ModelFormat::sought).collect(Collectors.joining(", or "))));
  }

  @Override
  public void close() {
    workspace.close();
  }
}
