package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;

/**
 * A store in a folder of any file system that Flink reaches.
 *
 * <pre>
 * store.yaml                   the policy, where there is one
 * fraud/1.4.2/files/…          the model's files
 * fraud/1.4.2/model.yaml       its manifest; with it the version exists
 * fraud/1.4.2/signatures/…     one sigstore bundle per key, named after the key
 * fraud/aliases/production     one line: 1.4.2
 * </pre>
 *
 * <p>Where the file system moves no folder in one step, the files are in {@code files-} and the
 * beginning of the digest; either place is read everywhere.
 *
 * <p>Thread-safe.
 */
final class FileSystemModelStore implements ModelStore {
  private final StoreFiles files;
  private final StoreLayout layout;
  private final StoredManifests manifests;
  private final StoredFiles stored;
  private final VersionWriter writer;

  FileSystemModelStore(StoreFiles files, Path root) {
    this.files = files;
    this.layout = new StoreLayout(root);
    this.manifests = new StoredManifests(files, layout);
    this.stored = new StoredFiles(root.toString(), files, layout);
    this.writer =
        files.local() ? new MovedVersions(files, layout) : new ClaimedVersions(files, layout);
  }

  @Override
  public String uri() {
    return layout.root().toString();
  }

  @Override
  public StorePolicy policy() {
    Path file = layout.policy();
    files.refuseLink(file);
    return files
        .read(file)
        .map(text -> PolicyYaml.read(file.toString(), text))
        .orElse(StorePolicy.NONE);
  }

  @Override
  public ModelManifest push(
      ModelDraft draft, java.nio.file.Path fileOrDirectory, TransferListener listener) {
    Publication publication = Publication.of(draft, fileOrDirectory);
    Optional<ModelManifest> there = checkPush(publication.manifest());
    if (there.isPresent()) {
      return there.get();
    }
    ModelManifest published = writer.publish(publication, listener);
    StoreRules.checkSame(uri(), published, publication.manifest());
    return published;
  }

  @Override
  public Optional<ModelManifest> find(String name, SemanticVersion version) {
    return manifests.find(name, version);
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
    return findAlias(name, alias)
        .orElseThrow(
            () -> {
              existing(name);
              return NotFound.alias(uri(), name, alias, aliases(name).keySet());
            });
  }

  private Optional<SemanticVersion> findAlias(String name, String alias) {
    Path file = layout.alias(name, alias);
    return files.read(file).map(line -> aliasVersion(file, line));
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
    return folders(layout.root()).stream()
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
    if (files.local() && !files.isFolder(layout.root())) {
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
    for (String folder : folders(layout.model(name))) {
      version(folder)
          .filter(version -> files.exists(layout.manifest(name, version)))
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
  public List<SemanticVersion> versions(String name) {
    return existing(name).stream().sorted().toList();
  }

  @Override
  public void alias(String name, String alias, SemanticVersion version) {
    checkAlias(name, alias, version);
    Optional<SemanticVersion> before = findAlias(name, alias);
    write(name, alias, version);
    if (find(name, version).isEmpty()) {
      // Deleted since the check; whoever deletes looks at the aliases last.
      before.ifPresentOrElse(
          earlier -> write(name, alias, earlier), () -> files.delete(layout.alias(name, alias)));
      throw notFound(name, version);
    }
  }

  private void write(String name, String alias, SemanticVersion version) {
    files.write(layout.alias(name, alias), version + "\n");
  }

  @Override
  public SemanticVersion removeAlias(String name, String alias) {
    ModelRef.checkName("alias of model '" + name + "'", alias);
    SemanticVersion meant = aliased(name, alias);
    files.delete(layout.alias(name, alias));
    return meant;
  }

  @Override
  public Map<String, SemanticVersion> aliases(String name) {
    existing(name);
    return aliasesOf(name);
  }

  private Map<String, SemanticVersion> aliasesOf(String name) {
    Map<String, SemanticVersion> aliases = new TreeMap<>();
    for (FileStatus status : files.list(layout.aliases(name))) {
      Path file = status.getPath();
      if (isName(file.getName())) {
        files.read(file).ifPresent(line -> aliases.put(file.getName(), aliasVersion(file, line)));
      }
    }
    return aliases;
  }

  @Override
  public void delete(String name, SemanticVersion version) {
    checkDelete(name, version);
    writer.delete(
        manifest(name, version),
        () -> StoreRules.checkUnaliased(uri(), name, version, aliasesOf(name)));
  }

  @Override
  public void download(
      ModelManifest manifest, java.nio.file.Path target, TransferListener listener) {
    stored.download(manifest, target, listener);
  }

  @Override
  public List<FileProblem> verify(ModelManifest manifest, TransferListener listener) {
    return stored.verify(manifest, listener);
  }

  @Override
  public List<DetachedSignature> signatures(String name, SemanticVersion version) {
    manifest(name, version);
    List<DetachedSignature> signatures = new ArrayList<>();
    for (FileStatus status : files.list(layout.signatures(name, version))) {
      Path file = status.getPath();
      Optional<String> key = StoreLayout.keyOfSignature(file.getName());
      if (key.isPresent()) {
        files.refuseLink(file);
        files
            .read(file)
            .ifPresent(bundle -> signatures.add(new DetachedSignature(key.get(), bundle)));
      }
    }
    signatures.sort(Comparator.comparing(DetachedSignature::fingerprint));
    return signatures;
  }

  @Override
  public void addSignature(String name, SemanticVersion version, DetachedSignature signature) {
    manifest(name, version);
    files.write(layout.signature(name, version, signature.fingerprint()), signature.bundle());
  }
}
