package io.tidemill.model.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.UnsupportedFileSystemSchemeException;

/**
 * A store in a folder of any file system that Flink reaches.
 *
 * <pre>
 * store.yaml                   the policy, where there is one
 * fraud/1.4.2/files/…          the model's files
 * fraud/1.4.2/model.yaml       its manifest; with it the version exists
 * fraud/1.4.2/signatures/…     one sigstore bundle per key, named after the key
 * fraud/1.4.2/.claim-…         someone changes the version now
 * fraud/aliases/production     one line: 1.4.2
 * fraud/.1.4.2.…               a version on its way into a store of this machine
 * </pre>
 *
 * <p>Where the file system moves no folder in one step, the files are copied to {@code files-} and
 * the beginning of the digest, so that publishers of other content never write the same file;
 * either place is read everywhere.
 *
 * <p>Thread-safe.
 */
final class FolderBackend implements StoreBackend {
  private static final Pattern SCHEME = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]+:.*");

  // A secret may hold slashes; what looks so after digits is a port.
  private static final Pattern PASSWORD = Pattern.compile("[^:]+://[^/@:]+:(?!\\d+/).*@.*");
  private static final String FILES = "files";
  private static final String SIGNATURES = "signatures";
  private static final String BUNDLE = ".sigstore.json";
  private static final String CLAIM = ".claim-";
  private static final int DIGEST_DIGITS = 16;

  /** Longer than any push takes. */
  private static final Duration ABANDONED = Duration.ofDays(1);

  private final Path root;
  private final GuardedFiles files;

  FolderBackend(Path root, FileSystem files) {
    this(
        new GuardedFiles(
            root,
            files,
            (message, cause) ->
                cause == null
                    ? new InvalidModelException(message)
                    : new StoreUnavailableException("store " + message, cause)));
  }

  private FolderBackend(GuardedFiles files) {
    this.root = files.root();
    this.files = files;
  }

  @Override
  public FolderBackend until(Deadline deadline) {
    return new FolderBackend(files.until(deadline));
  }

  /**
   * Opens a store. Nothing is written: the folder comes with the first push.
   *
   * @throws IllegalArgumentException if it is not a URI or carries a password
   * @throws StoreUnavailableException if Flink has no file system for the scheme, or it does not
   *     start
   */
  static FolderBackend open(String uri) {
    Path root = new Path(URI.create(absolute(uri).toString().replaceAll("(?<=[^/])/+$", "")));
    try {
      return new FolderBackend(root, root.getFileSystem());
    } catch (UnsupportedFileSystemSchemeException e) {
      throw new StoreUnavailableException(
          "store '%s': Flink has no file system for '%s:' here; put its plugin into Flink's plugins folder, such as plugins/s3-fs-hadoop/flink-s3-fs-hadoop-<version>.jar for s3:"
              .formatted(root, root.toUri().getScheme()),
          e);
    } catch (IOException | IllegalArgumentException e) {
      // Flink's S3 file system, for one, answers a missing region so.
      throw new StoreUnavailableException(
          "store '%s': its file system does not start (%s); check the address and the credentials in Flink's configuration"
              .formatted(root, e.getMessage()),
          e);
    }
  }

  private static URI absolute(String uri) {
    if (uri.isBlank()) {
      throw noUri(uri);
    }
    if (!SCHEME.matcher(uri).matches()) {
      return java.nio.file.Path.of(uri).toAbsolutePath().normalize().toUri();
    }
    if (PASSWORD.matcher(uri).matches()) {
      throw new IllegalArgumentException(
          "store: a URI with a password (expected: none); put the credentials into Flink's"
              + " configuration");
    }
    try {
      return new URI(uri.replace(" ", "%20"));
    } catch (URISyntaxException e) {
      throw noUri(uri);
    }
  }

  private static IllegalArgumentException noUri(String uri) {
    return new IllegalArgumentException(
        "store: '" + uri + "' (expected: a URI as in s3://models/tidemill, or a folder)");
  }

  @Override
  public String uri() {
    return root.toString();
  }

  @Override
  public String place(StoreKey key) {
    return path(key).toString();
  }

  /** Of a text its file; of all texts of a kind the folder that they lie in. */
  private Path path(StoreKey key) {
    Path model = key.model().isEmpty() ? root : new Path(root, key.model());
    Path version = key.version().isEmpty() ? model : new Path(model, key.version());
    String name = key.name();
    return switch (key.kind()) {
      case POLICY -> new Path(root, StorePolicy.FILE);
      case MODEL -> name.isEmpty() ? root : new Path(root, name);
      case MANIFEST -> name.isEmpty() ? model : new Path(version, ModelManifest.FILE);
      case ALIAS -> within(new Path(model, "aliases"), name, name);
      case SIGNATURE -> within(new Path(version, SIGNATURES), name, name + BUNDLE);
      case CLAIM -> within(version, name, CLAIM + name);
    };
  }

  private static Path within(Path folder, String name, String file) {
    return name.isEmpty() ? folder : new Path(folder, file);
  }

  @Override
  public List<Entry> list(StoreKey all) {
    List<Entry> entries = new ArrayList<>();
    for (FileStatus status : files.list(path(all))) {
      name(all, status)
          .map(name -> new Entry(name, Instant.ofEpochMilli(status.getModificationTime())))
          .ifPresent(entries::add);
    }
    if (entries.isEmpty() && files.local() && !files.isFolder(root)) {
      throw new StoreUnavailableException(
          "store '%s': no such folder; correct its path, mount its volume, or push a model to begin it"
              .formatted(root));
    }
    return entries;
  }

  /** What a file's name says, if the file is one of those that a key names all of. */
  private Optional<String> name(StoreKey all, FileStatus status) {
    String file = status.getPath().getName();
    return switch (all.kind()) {
      case POLICY -> Optional.empty();
      case MODEL ->
          Optional.of(file)
              .filter(name -> status.isDir() && ModelRef.isName(name))
              .filter(name -> !files.isLink(status.getPath()));
      case MANIFEST ->
          Optional.of(file)
              .filter(name -> status.isDir() && SemanticVersion.isVersion(name))
              // Whoever asks for a version behind a link is told so.
              .filter(
                  name -> files.isLink(status.getPath()) || files.exists(path(all.named(name))));
      case ALIAS -> Optional.of(file).filter(name -> !status.isDir() && ModelRef.isName(name));
      case SIGNATURE ->
          Optional.of(file.replace(BUNDLE, ""))
              .filter(name -> file.endsWith(BUNDLE) && DetachedSignature.isFingerprint(name));
      case CLAIM ->
          Optional.of(file)
              .filter(name -> name.startsWith(CLAIM))
              .map(name -> name.substring(CLAIM.length()));
    };
  }

  @Override
  public Optional<byte[]> read(StoreKey key) {
    return files.read(path(key), key.kind().mostBytes() + 1);
  }

  @Override
  public void write(StoreKey key, String text) {
    files.write(path(key), text);
  }

  @Override
  public void delete(StoreKey key) {
    Path path = path(key);
    files.delete(path);
    Path version = path.getParent();
    if (key.kind() == StoreKey.Kind.MANIFEST) {
      for (FileStatus status : files.list(version)) {
        if (!status.getPath().getName().startsWith(CLAIM)) {
          files.delete(status.getPath());
        }
      }
    } else if (key.kind() == StoreKey.Kind.CLAIM && files.local()) {
      files.deleteIfEmpty(version);
    }
  }

  private Path version(ModelManifest manifest) {
    return path(StoreKey.manifest(manifest.name(), manifest.version())).getParent();
  }

  private Path filesOfDigest(ModelManifest manifest) {
    String digits = manifest.digest().substring("sha256:".length());
    return new Path(version(manifest), FILES + "-" + digits.substring(0, DIGEST_DIGITS));
  }

  @Override
  public Files files(ModelManifest manifest) {
    Path ofDigest = filesOfDigest(manifest);
    List<String> there = files.tree(ofDigest);
    Path moved = new Path(version(manifest), FILES);
    return there.isEmpty()
        ? new Folder(files, moved, files.tree(moved))
        : new Folder(files, ofDigest, there);
  }

  private record Folder(GuardedFiles files, Path path, List<String> paths) implements Files {
    @Override
    public Optional<InputStream> open(ModelFile file) {
      return Optional.of(files.openListed(new Path(path, file.path())));
    }
  }

  @Override
  public List<StoreLeftover> unpublished(String model) {
    List<StoreLeftover> there = new ArrayList<>();
    Path folder = path(StoreKey.manifests(model));
    for (FileStatus child : files.isLink(folder) ? List.<FileStatus>of() : files.list(folder)) {
      Path path = child.getPath();
      if (files.isLink(path)) {
        // What lies behind it is not the store's to delete.
        continue;
      }
      if (path.getName().startsWith(".")) {
        there.add(files.leftover(child));
      } else if (child.isDir() && SemanticVersion.isVersion(path.getName())) {
        Predicate<String> unpublished =
            unpublished(StoreKey.manifests(model).named(path.getName()));
        files.list(path).stream()
            .filter(part -> !files.isLink(part.getPath()))
            .filter(part -> unpublished.test(part.getPath().getName()))
            .forEach(part -> there.add(files.leftover(part)));
      }
    }
    return there;
  }

  /**
   * Tells the parts of a version's folder that do not belong to what its manifest publishes. One
   * that is damaged may publish everything beside it.
   */
  private Predicate<String> unpublished(StoreKey key) {
    Optional<String> digest;
    try {
      digest =
          read(key)
              .map(bytes -> ModelManifest.parse(place(key), new String(bytes, UTF_8)).digest());
    } catch (InvalidModelException damaged) {
      return part -> part.startsWith(".");
    }
    return part ->
        part.startsWith(".")
            || digest.isEmpty()
            || (part.startsWith(FILES + "-")
                && !digest.get().startsWith("sha256:" + part.substring(FILES.length() + 1)));
  }

  @Override
  public void delete(StoreLeftover leftover) {
    Path place = new Path(leftover.place());
    files.delete(place);
    if (files.local()) {
      files.deleteIfEmpty(place.getParent());
    }
  }

  @Override
  public Upload upload(ModelManifest manifest) {
    return new FolderUpload(manifest);
  }

  /**
   * On this machine's files a version is copied beside its place and moved there. Elsewhere it is
   * copied to its place, which publishers of the same content share.
   */
  private final class FolderUpload implements Upload {
    private final ModelManifest manifest;
    private final Path version;
    private final Path staged;
    private final Path copies;

    FolderUpload(ModelManifest manifest) {
      this.manifest = manifest;
      this.version = version(manifest);
      String prefix = "." + manifest.version() + ".";
      this.staged = new Path(version.getParent(), prefix + UUID.randomUUID());
      this.copies = files.local() ? new Path(staged, FILES) : filesOfDigest(manifest);
      if (files.local()) {
        deleteAbandoned(version.getParent(), prefix);
      }
    }

    @Override
    public void put(ModelFile file, Supplier<InputStream> content) {
      files.copy(content.get(), new Path(copies, file.path()));
    }

    @Override
    public void publish(Deadline deadline) {
      GuardedFiles bounded = files.until(deadline);
      List<FileProblem> problems = manifest.differences(bounded.tree(copies));
      if (!problems.isEmpty()) {
        throw new StoreUnavailableException(
            "%s: %s in '%s', which someone changed during the push; push again"
                .formatted(manifest.ref(), problems, copies));
      }
      if (files.local()) {
        moveTo(bounded, new Path(version, FILES));
      }
      bounded.write(new Path(version, ModelManifest.FILE), manifest.yaml());
    }

    private void moveTo(GuardedFiles bounded, Path place) {
      bounded.delete(place);
      if (!bounded.move(copies, place)) {
        throw new StoreUnavailableException(
            "%s: '%s' is in the way of the version; find out what writes there and push again"
                .formatted(manifest.ref(), place));
      }
    }

    @Override
    public void close() {
      if (files.local()) {
        files.delete(staged);
      } else if (isLost()) {
        files.delete(copies);
      }
    }

    /** Whether another content was published meanwhile, which has its files elsewhere. */
    private boolean isLost() {
      return read(StoreKey.manifest(manifest.name(), manifest.version()))
          .map(bytes -> !new String(bytes, UTF_8).contains(manifest.digest()))
          .orElse(false);
    }
  }

  /** What publishers left that died. */
  private void deleteAbandoned(Path model, String prefix) {
    long now = System.currentTimeMillis();
    for (FileStatus status : files.list(model)) {
      if (status.getPath().getName().startsWith(prefix)
          && now - status.getModificationTime() > ABANDONED.toMillis()) {
        files.delete(status.getPath());
      }
    }
  }
}
