package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.CacheUnavailableException;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelConflictException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;

/**
 * A store in a folder of any file system that Flink reaches.
 *
 * <pre>
 * fraud/1.4.2/files/…          written first
 * fraud/1.4.2/model.yaml       written last: from then on the version exists
 * fraud/1.4.2/signatures/…     one sigstore bundle per key, named after the key
 * fraud/aliases/production     one line: 1.4.2
 * </pre>
 *
 * <p>Thread-safe.
 */
final class FileSystemModelStore implements ModelStore {
  static final String MANIFEST = "model.yaml";
  static final String FILES = "files";
  private static final String ALIASES = "aliases";
  private static final String SIGNATURES = "signatures";
  private static final String BUNDLE = ".sigstore.json";
  private static final int BUFFER_BYTES = 1 << 16;

  private final StoreFiles files;
  private final Path root;

  FileSystemModelStore(StoreFiles files, Path root) {
    this.files = files;
    this.root = root;
  }

  @Override
  public String uri() {
    return root.toString();
  }

  private Path model(String name) {
    return new Path(root, ModelRef.checkName("model name", name));
  }

  private Path folder(String name, SemanticVersion version) {
    return new Path(model(name), version.toString());
  }

  @Override
  public ModelManifest push(ModelDraft draft, java.nio.file.Path fileOrDirectory) {
    Map<String, java.nio.file.Path> sources;
    List<ModelFile> measured = new ArrayList<>();
    try {
      sources = ModelFiles.list(fileOrDirectory);
      for (Map.Entry<String, java.nio.file.Path> source : sources.entrySet()) {
        measured.add(ModelFiles.measure(source.getKey(), source.getValue()));
      }
    } catch (IOException e) {
      throw unreadable(fileOrDirectory, e);
    }
    ModelManifest manifest =
        ModelManifest.of(
            draft, Clock.systemUTC().instant().truncatedTo(ChronoUnit.SECONDS), measured);
    Optional<ModelManifest> there = find(draft.name(), draft.version());
    if (there.isPresent()) {
      return same(there.get(), manifest);
    }
    return publish(manifest, fileOrDirectory, sources);
  }

  private static InvalidModelException unreadable(java.nio.file.Path path, IOException cause) {
    return new InvalidModelException(
        "model files '%s' (expected: a file or folder that can be read); %s".formatted(path, cause),
        cause);
  }

  private ModelManifest same(ModelManifest there, ModelManifest pushed) {
    if (!there.digest().equals(pushed.digest())) {
      throw new ModelConflictException(
          "%s: in store %s already, with digest %s (pushed: %s); a version never changes, so push another one"
              .formatted(pushed.ref(), uri(), there.digest(), pushed.digest()));
    }
    return there;
  }

  private ModelManifest publish(
      ModelManifest manifest,
      java.nio.file.Path fileOrDirectory,
      Map<String, java.nio.file.Path> sources) {
    Path folder = folder(manifest.name(), manifest.version());
    files.delete(folder);
    Path target = new Path(folder, FILES);
    try {
      for (Map.Entry<String, java.nio.file.Path> source : sources.entrySet()) {
        files.upload(source.getValue(), new Path(target, source.getKey()));
      }
    } catch (IOException e) {
      throw unreadable(fileOrDirectory, e);
    }
    Optional<ModelManifest> there = find(manifest.name(), manifest.version());
    if (there.isPresent()) {
      return same(there.get(), manifest);
    }
    files.write(new Path(folder, MANIFEST), ManifestYaml.write(manifest));
    return manifest;
  }

  @Override
  public ModelManifest manifest(String name, SemanticVersion version) {
    return find(name, version).orElseThrow(() -> notFound(name, version));
  }

  private RuntimeException notFound(String name, SemanticVersion version) {
    List<SemanticVersion> there = published(name);
    return there.isEmpty()
        ? NotFound.model(uri(), name, models())
        : NotFound.version(uri(), name, version, there);
  }

  private Optional<ModelManifest> find(String name, SemanticVersion version) {
    Path file = new Path(folder(name, version), MANIFEST);
    files.refuseLink(file);
    Optional<ModelManifest> found =
        files.read(file).map(text -> ManifestYaml.read(file.toString(), text));
    found.ifPresent(
        manifest -> {
          if (!manifest.name().equals(name) || !manifest.version().equals(version)) {
            throw new InvalidModelException(
                "%s: the manifest of %s (expected: of %s:%s); publish the version again under another number"
                    .formatted(file, manifest.ref(), name, version));
          }
        });
    return found;
  }

  @Override
  public ModelVersion resolve(ModelRef ref) {
    SemanticVersion version = ref.version();
    String alias = ref.alias();
    if (version == null && alias != null) {
      version = alias.equals(ModelRef.LATEST) ? latest(ref.name()) : aliased(ref.name(), alias);
    }
    return manifest(ref.name(), requireNonNull(version)).modelVersion();
  }

  private SemanticVersion latest(String name) {
    List<SemanticVersion> there = existing(name);
    return there.stream()
        .filter(version -> version.preRelease().isEmpty())
        .max(Comparator.naturalOrder())
        .orElseThrow(() -> NotFound.release(uri(), name, there));
  }

  private SemanticVersion aliased(String name, String alias) {
    Path file = new Path(new Path(model(name), ALIASES), alias);
    Optional<String> line = files.read(file);
    if (line.isEmpty()) {
      existing(name);
      throw NotFound.alias(uri(), name, alias, aliases(name).keySet());
    }
    return aliasVersion(file, line.get());
  }

  private static SemanticVersion aliasVersion(Path file, String line) {
    try {
      return SemanticVersion.parse(line.strip());
    } catch (IllegalArgumentException e) {
      throw new InvalidModelException(
          "%s: %s; set the alias again".formatted(file, e.getMessage()), e);
    }
  }

  @Override
  public List<String> models() {
    return folders(root).stream()
        .filter(name -> isName(name) && !published(name).isEmpty())
        .sorted()
        .toList();
  }

  private static boolean isName(String folder) {
    try {
      ModelRef.checkName("model name", folder);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private List<String> folders(Path parent) {
    List<FileStatus> there = files.list(parent);
    if (there.isEmpty() && files.local() && !files.isFolder(root)) {
      throw new StoreUnavailableException(
          "store '%s': no such folder; correct its path, mount its volume, or push a model to begin it"
              .formatted(uri()));
    }
    return there.stream()
        .filter(FileStatus::isDir)
        .map(status -> status.getPath().getName())
        .toList();
  }

  private List<SemanticVersion> published(String name) {
    List<SemanticVersion> versions = new ArrayList<>();
    for (String folder : folders(model(name))) {
      version(folder)
          .filter(version -> files.exists(new Path(folder(name, version), MANIFEST)))
          .ifPresent(versions::add);
    }
    return versions;
  }

  private static Optional<SemanticVersion> version(String folder) {
    try {
      return Optional.of(SemanticVersion.parse(folder));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private List<SemanticVersion> existing(String name) {
    List<SemanticVersion> there = published(name);
    if (there.isEmpty()) {
      throw NotFound.model(uri(), name, models());
    }
    return there;
  }

  @Override
  public List<ModelManifest> versions(String name) {
    return existing(name).stream().sorted().map(version -> manifest(name, version)).toList();
  }

  @Override
  public void alias(String name, String alias, SemanticVersion version) {
    ModelRef.checkName("alias of model '" + name + "'", alias);
    if (alias.equals(ModelRef.LATEST)) {
      throw new IllegalArgumentException(
          "alias of model '%s': '%s' (expected: another name; the store itself answers this one with the highest release)"
              .formatted(name, alias));
    }
    manifest(name, version);
    files.write(new Path(new Path(model(name), ALIASES), alias), version + "\n");
  }

  @Override
  public Map<String, SemanticVersion> aliases(String name) {
    existing(name);
    Map<String, SemanticVersion> aliases = new TreeMap<>();
    for (FileStatus status : files.list(new Path(model(name), ALIASES))) {
      Path file = status.getPath();
      if (isName(file.getName())) {
        files.read(file).ifPresent(line -> aliases.put(file.getName(), aliasVersion(file, line)));
      }
    }
    return aliases;
  }

  @Override
  public void download(ModelManifest manifest, java.nio.file.Path target) {
    Path source = new Path(folder(manifest.name(), manifest.version()), FILES);
    files.refuseLink(source);
    checkSameFiles(manifest, files.tree(source));
    for (ModelFile file : manifest.files()) {
      copy(manifest, file, new Path(source, file.path()), target.resolve(file.path()));
    }
  }

  @Override
  public List<DetachedSignature> signatures(String name, SemanticVersion version) {
    manifest(name, version);
    List<DetachedSignature> signatures = new ArrayList<>();
    for (FileStatus status : files.list(new Path(folder(name, version), SIGNATURES))) {
      Path file = status.getPath();
      String fingerprint = file.getName().replace(BUNDLE, "");
      if (file.getName().endsWith(BUNDLE) && DetachedSignature.isFingerprint(fingerprint)) {
        files.refuseLink(file);
        files
            .read(file)
            .ifPresent(bundle -> signatures.add(new DetachedSignature(fingerprint, bundle)));
      }
    }
    signatures.sort(Comparator.comparing(DetachedSignature::fingerprint));
    return signatures;
  }

  @Override
  public void addSignature(String name, SemanticVersion version, DetachedSignature signature) {
    manifest(name, version);
    Path folder = new Path(folder(name, version), SIGNATURES);
    files.write(new Path(folder, signature.fingerprint() + BUNDLE), signature.bundle());
  }

  private void checkSameFiles(ModelManifest manifest, List<String> there) {
    Set<String> extra = new HashSet<>(there);
    List<String> problems = new ArrayList<>();
    for (ModelFile file : manifest.files()) {
      if (!extra.remove(file.path())) {
        problems.add("file '" + file.path() + "': missing");
      }
    }
    extra.stream()
        .sorted()
        .forEach(path -> problems.add("file '" + path + "': not in the manifest"));
    if (!problems.isEmpty()) {
      throw new InvalidModelException(
          "%s in store %s: %s; publish the version again under another number"
              .formatted(manifest.ref(), uri(), String.join("; ", problems)));
    }
  }

  private void copy(ModelManifest manifest, ModelFile file, Path from, java.nio.file.Path to) {
    try (InputStream in = files.open(from);
        OutputStream out = create(to)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      long copied = 0;
      for (int read = read(in, buffer, from); read >= 0; read = read(in, buffer, from)) {
        copied += read;
        if (copied > file.size()) {
          throw new InvalidModelException(
              "%s in store %s: file '%s': more than %d bytes (expected: %d); publish the version again under another number"
                  .formatted(manifest.ref(), uri(), file.path(), file.size(), file.size()));
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      throw new CacheUnavailableException(
          "'%s': cannot be written (%s); free space or choose another folder".formatted(to, e), e);
    }
  }

  private int read(InputStream in, byte[] buffer, Path from) {
    return files.guarded("read", from, () -> in.read(buffer));
  }

  private static OutputStream create(java.nio.file.Path file) throws IOException {
    java.nio.file.Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    return Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }
}
