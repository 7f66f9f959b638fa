package io.tidemill.model.importing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.engine.FileKind;
import io.tidemill.model.engine.FoundModel;
import io.tidemill.model.golden.Golden;
import io.tidemill.model.golden.Samples;
import io.tidemill.model.importing.archive.ModelArchive;
import io.tidemill.model.store.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one import works with: what the user says, the engines that are here, and a temporary
 * folder, made when it is first needed and deleted in the end. It remembers what is left out of a
 * model, and by which names the user knows what is in the temporary folder.
 *
 * <p>Not thread-safe.
 */
final class Workspace implements AutoCloseable {
  private final ImportOptions options;
  private final Engines engines;
  private static final ModelVersion UNNAMED =
      new ModelVersion("model", new SemanticVersion(0, 0, 0, ""), "sha256:" + "0".repeat(64));

  private final Set<String> leftOut = new TreeSet<>();
  private final Map<Path, String> origins = new LinkedHashMap<>();
  private final Map<Path, Path> sources = new LinkedHashMap<>();
  private @Nullable TemporaryFolder folder;
  private @Nullable Path unnamed;

  Workspace(ImportOptions options, Engines engines) {
    this.options = options;
    this.engines = engines;
  }

  Engines engines() {
    return engines;
  }

  ImportOptions options() {
    return options;
  }

  /** What was there and is not published, by the names that the user has for it. */
  List<String> leftOut() {
    return List.copyOf(leftOut);
  }

  /** The signature of a model: what the user says where that is true, else what its files say. */
  Signature signature(Path files, Engine engine) {
    return signature(files, engine, null, null);
  }

  /**
   * The signature, where a file beside the model speaks of it too.
   *
   * @param declared what that file says; null if it says none
   * @param usual the name of the one that is used; null if the file names none
   * @throws InvalidModelException if nothing says one, or model and declaration disagree
   */
  Signature signature(
      Path files, Engine engine, @Nullable DeclaredSignature declared, @Nullable String usual) {
    String name = options.signatureName() == null ? usual : options.signatureName();
    Signature given = options.signature();
    if (given != null) {
      Signature all =
          options.constants().isEmpty()
              ? given
              : engine
                  .signature(files, "", options.constants())
                  .map(own -> given.with(own.constants()))
                  .orElse(given);
      check(files, engine, all);
      return all;
    }
    Optional<Signature> own =
        engine.signature(files, name == null ? "" : name, options.constants());
    if (declared != null) {
      own.ifPresent(there -> declared.checkFits(files, there));
      return own.orElseGet(declared::signature);
    }
    return own.orElseThrow(
        () ->
            new InvalidModelException(
                "%s: the files of engine '%s' say no signature here (expected: inputs and outputs that you say, as in 'features float32[-1, 4]' and 'score float32[-1, 1]', where -1 is the batch)"
                    .formatted(files, engine.name())));
  }

  private static void check(Path files, Engine engine, Signature given) {
    List<String> differences;
    try {
      differences = engine.check(files, given);
    } catch (UnavailableHereException elsewhere) {
      // Whoever loads the model, where the engine's own jars are, checks it again.
      return;
    }
    if (!differences.isEmpty()) {
      throw new InvalidModelException(
          "%s: the inputs and outputs that are given do not fit the model: %s; leave them out, and the files say it, or give what the files have"
              .formatted(files, String.join("; ", differences)));
    }
  }

  /** What of a model that was found at a path is published. */
  Path taken(Path path, FoundModel found) throws IOException {
    Path taken = take(path, found);
    sources.put(taken, found.files());
    return taken;
  }

  private Path take(Path path, FoundModel found) throws IOException {
    Path model = found.files();
    if (Files.isDirectory(model)) {
      return tidy(model);
    }
    if (!found.others().isEmpty()) {
      return gathered(model, found.others());
    }
    Path published = found.isWhole() ? model : renamed(model, found.name());
    return Files.isDirectory(path) ? chosen(model, published) : published;
  }

  /** The model, with the calls that its files carry, or that lie beside them, as its samples. */
  Path sampled(Path model, Engine engine, Signature signature) throws IOException {
    Path source = sources.getOrDefault(model, model);
    return sampled(model, signature, "calls in the files", () -> engine.samples(source, signature));
  }

  /**
   * The model, with calls that came with it as its samples, unless it has some already. Those that
   * cannot be read or do not fit it are left out.
   *
   * @param title what they are, as messages name them
   */
  Path sampled(
      Path model, Signature signature, String title, Supplier<List<Map<String, Object>>> calls)
      throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(model)) {
      files = all.filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)).toList();
    }
    // Whoever publishes refuses links.
    if (files.stream().anyMatch(Files::isSymbolicLink)
        || files.contains(model.resolve(Golden.FILE_NAME))
        || files.contains(model.resolve(Samples.FILE_NAME))) {
      return model;
    }
    Path target;
    try {
      Samples samples = new Samples(calls.get());
      if (samples.records().isEmpty()) {
        return model;
      }
      target = copyOf(Files.isDirectory(model) ? model : model.toAbsolutePath().resolveSibling(""));
      samples.write(signature, target.resolve(Samples.FILE_NAME));
    } catch (RuntimeException unfit) {
      // Whatever is wrong with them, the model is none the worse.
      leftOut.add("%s (%s)".formatted(title, original(String.valueOf(unfit.getMessage()))));
      return model;
    }
    for (Path file : files) {
      Path name = file.equals(model) ? Path.of(FoundModel.nameOf(model)) : model.relativize(file);
      take(file, target.resolve(name));
    }
    return target;
  }

  /**
   * A model that has no name yet. The caller closes it.
   *
   * @throws ModelException if it does not load, about the files
   */
  Model load(Engine engine, Path files, Signature signature) {
    unnamed = files;
    return engine.load(UNNAMED, signature, files, Placement.CPU);
  }

  /** What an archive holds. */
  Path unpacked(ModelArchive archive) throws IOException {
    Path target = create().resolve("content");
    origins.put(target, archive + "!");
    archive.unpack(target, options.limits());
    List<Path> children = new Listing(target).children();
    return children.size() == 1 && Files.isDirectory(children.get(0)) ? children.get(0) : target;
  }

  /** A copy of a file under the name that its engine looks for. */
  private Path renamed(Path file, String name) throws IOException {
    Path copy = Files.copy(file, create().resolve(name));
    origins.put(copy, original(file.toString()));
    return copy;
  }

  /**
   * A folder with a file and others that it needs.
   *
   * @param others relative to the folder that the file is in
   */
  private Path gathered(Path file, Set<String> others) throws IOException {
    Path source = file.toAbsolutePath().resolveSibling("");
    Path target = copyOf(source);
    take(file, target.resolve(FoundModel.nameOf(file)));
    for (String other : others) {
      take(source.resolve(other), target.resolve(other));
    }
    return target;
  }

  /**
   * The one model file of a folder, with its golden file if there is one; all else is left out.
   *
   * @param published the model, which may be a copy under another name
   */
  private Path chosen(Path model, Path published) throws IOException {
    Path source = model.toAbsolutePath().resolveSibling("");
    for (Path other : new Listing(source).all()) {
      if (!other.equals(model.toAbsolutePath()) && !other.endsWith(Golden.FILE_NAME)) {
        leftOut.add(FoundModel.nameOf(other));
      }
    }
    Path golden = source.resolve(Golden.FILE_NAME);
    if (!Files.exists(golden)) {
      return published;
    }
    Path target = copyOf(source);
    take(published, target.resolve(FoundModel.nameOf(published)));
    take(golden, target.resolve(Golden.FILE_NAME));
    return target;
  }

  /** The folder, or one like it without what tools have left in it. */
  private Path tidy(Path source) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(source)) {
      files = all.filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)).toList();
    }
    Set<String> clutter = new TreeSet<>();
    List<Path> kept = new ArrayList<>();
    for (Path file : files) {
      Path relative = source.relativize(file);
      clutterOf(relative).ifPresentOrElse(clutter::add, () -> kept.add(relative));
    }
    // Whoever publishes refuses links.
    if (clutter.isEmpty() || kept.stream().map(source::resolve).anyMatch(Files::isSymbolicLink)) {
      return source;
    }
    leftOut.addAll(clutter);
    Path target = copyOf(source);
    for (Path file : kept) {
      take(source.resolve(file), target.resolve(file));
    }
    return target;
  }

  private static Optional<String> clutterOf(Path relative) {
    return IntStream.rangeClosed(1, relative.getNameCount())
        .mapToObj(depth -> relative.subpath(0, depth))
        .filter(FileKind::isClutter)
        .map(Path::toString)
        .findFirst();
  }

  /** A new folder, which the user knows as the source. */
  private Path copyOf(Path source) throws IOException {
    Path target = create();
    origins.put(target, original(source.toString()));
    return target;
  }

  private Path create() throws IOException {
    TemporaryFolder present = folder;
    if (present == null) {
      present = TemporaryFolder.make("tidemill-import-");
      folder = present;
    }
    return Files.createTempDirectory(present.path(), "part-");
  }

  /** Links are for nothing and may be impossible; weights are large. */
  private static void take(Path file, Path target) throws IOException {
    Files.createDirectories(target.resolveSibling(""));
    try {
      Files.createLink(target, file.toRealPath());
    } catch (IOException | UnsupportedOperationException e) {
      Files.copy(file, target);
    }
  }

  /** A message that names files by the paths that the user knows. */
  String original(String message) {
    String original = message;
    Path named = unnamed;
    if (named != null) {
      original = original.replace(UNNAMED.toString(), named.toString());
    }
    for (Map.Entry<Path, String> origin : origins.entrySet()) {
      original = original.replace(origin.getKey().toString(), origin.getValue());
    }
    return original;
  }

  @Override
  public void close() {
    TemporaryFolder present = folder;
    if (present != null) {
      present.close();
    }
  }
}
