package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Constant;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * What a published version is: {@code model.yaml}. A manifest in hand agrees with itself: its
 * digest is the one that the rest of it gives.
 *
 * @param format 2; or 1, of which the digest covers neither labels nor {@code created}
 * @param engine the name of the engine that loads it
 * @param labels sorted by key
 * @param created when it was published
 * @param files sorted by path, at least one
 * @param digest {@code sha256:} and 64 hexadecimal digits over everything but name and version
 */
public record ModelManifest(
    int format,
    String name,
    SemanticVersion version,
    String engine,
    Signature signature,
    Map<String, String> labels,
    Instant created,
    List<ModelFile> files,
    String digest) {
  /** The file's name. */
  public static final String FILE = "model.yaml";

  /** The format of {@code model.yaml} that is written; those before it are read. */
  static final int FORMAT = 2;

  private static final DumpSettings YAML =
      DumpSettings.builder()
          .setDefaultFlowStyle(FlowStyle.BLOCK)
          .setDereferenceAliases(true)
          .setSplitLines(false)
          .build();

  /**
   * Checks and sorts.
   *
   * @throws InvalidModelException if there is no file, a path stands twice or under a file, or the
   *     digest is another
   */
  public ModelManifest {
    ModelDraft draft = new ModelDraft(name, version, engine, signature, labels);
    labels = draft.labels();
    requireNonNull(created, "created");
    files = files.stream().sorted(Comparator.comparing(ModelFile::path)).toList();
    checkPaths(name + ":" + version, files);
    String computed =
        new ManifestDigest(format, engine, signature, labels, created, files).toString();
    if (!computed.equals(digest)) {
      throw new InvalidModelException(
          "digest of %s:%s: %s (expected: %s, of its content); the manifest was changed after it was published, so publish a new version"
              .formatted(name, version, digest, computed));
    }
  }

  /**
   * The manifest of files of this machine. Blocks while they are read.
   *
   * @param fileOrDirectory one file, or everything under a folder
   * @param created when it is said to be published
   * @throws InvalidModelException if a file is a link, cannot be read, has a path or a format that
   *     is refused, or there is none
   */
  public static ModelManifest measured(ModelDraft draft, Path fileOrDirectory, Instant created) {
    return Publication.of(draft, fileOrDirectory, created).manifest();
  }

  /** The manifest of a draft with these files. */
  static ModelManifest of(ModelDraft draft, Instant created, List<ModelFile> files) {
    List<ModelFile> sorted = files.stream().sorted(Comparator.comparing(ModelFile::path)).toList();
    ModelManifest made =
        new ModelManifest(
            FORMAT,
            draft.name(),
            draft.version(),
            draft.engine(),
            draft.signature(),
            draft.labels(),
            created,
            sorted,
            new ManifestDigest(
                    FORMAT, draft.engine(), draft.signature(), draft.labels(), created, sorted)
                .toString());
    ModelManifest origin = draft.origin();
    return origin != null
            && origin.ref().equals(made.ref())
            && origin.labels().equals(made.labels())
            && origin.hasContentOf(made)
        ? origin
        : made;
  }

  /** Whether the same files are loaded by the same engine with the same signature. */
  boolean hasContentOf(ModelManifest other) {
    return engine.equals(other.engine)
        && signature.equals(other.signature)
        && files.equals(other.files);
  }

  private static void checkPaths(String model, List<ModelFile> files) {
    if (files.isEmpty()) {
      throw new InvalidModelException("files of " + model + ": none (expected: >= 1)");
    }
    Set<String> paths = new HashSet<>();
    for (ModelFile file : files) {
      if (!paths.add(file.path())) {
        throw new InvalidModelException(
            "files of %s: '%s' twice (expected: distinct paths)".formatted(model, file.path()));
      }
    }
    for (ModelFile file : files) {
      for (int slash = file.path().indexOf('/');
          slash >= 0;
          slash = file.path().indexOf('/', slash + 1)) {
        String folder = file.path().substring(0, slash);
        if (paths.contains(folder)) {
          throw new InvalidModelException(
              "files of %s: '%s' is a file and a folder (expected: one of them)"
                  .formatted(model, folder));
        }
      }
    }
  }

  /**
   * Reads what {@link #yaml()} writes.
   *
   * @param place where the text is from, as messages call it
   * @throws InvalidModelException with every problem on a line of its own
   */
  public static ModelManifest parse(String place, String yaml) {
    return new ManifestReader(place, yaml).read();
  }

  /** The text of {@code model.yaml}. */
  public String yaml() {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("format", format);
    root.put("name", name);
    root.put("version", version.toString());
    root.put("engine", engine);
    root.put("digest", digest);
    root.put("created", created.toString());
    if (!labels.isEmpty()) {
      root.put("labels", labels);
    }
    Map<String, Object> tensors = new LinkedHashMap<>();
    if (!signature.name().isEmpty()) {
      tensors.put("name", signature.name());
      tensors.put("method", signature.method());
    }
    if (signature.batch() > 0) {
      tensors.put("batch", signature.batch());
    }
    if (!signature.constants().isEmpty()) {
      tensors.put("constants", signature.constants().stream().map(ModelManifest::map).toList());
    }
    tensors.put("inputs", signature.inputs().stream().map(ModelManifest::map).toList());
    tensors.put("outputs", signature.outputs().stream().map(ModelManifest::map).toList());
    root.put("signature", tensors);
    root.put("files", files.stream().map(ModelManifest::map).toList());
    return new Dump(YAML).dumpToString(root);
  }

  private static Map<String, Object> map(TensorSpec tensor) {
    return map(tensor.name(), tensor.type(), tensor.shape());
  }

  private static Map<String, Object> map(Constant constant) {
    Map<String, Object> map = map(constant.name(), constant.type(), constant.shape());
    map.put("values", constant.values());
    return map;
  }

  private static Map<String, Object> map(String name, ElementType type, List<Long> shape) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", name);
    map.put("type", type.label());
    map.put("shape", shape);
    return map;
  }

  private static Map<String, Object> map(ModelFile file) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("path", file.path());
    map.put("size", file.size());
    map.put("sha256", file.sha256());
    return map;
  }

  /** Files that are missing among those that are there, and those that are too many. */
  List<FileProblem> differences(Collection<String> there) {
    Set<String> extra = new TreeSet<>(there);
    List<FileProblem> problems = new ArrayList<>();
    for (ModelFile file : files) {
      if (!extra.remove(file.path())) {
        problems.add(FileProblem.missing(file.path()));
      }
    }
    extra.forEach(path -> problems.add(FileProblem.extra(path)));
    return problems;
  }

  /**
   * What keeps a folder of this machine from being proved to hold the version's files, each with
   * its size and SHA-256, and nothing else. Empty if it is proved.
   *
   * @throws IOException if it cannot be read
   */
  public String damage(Path folder) throws IOException {
    return new ModelFolder(folder).damage(this);
  }

  /** The size of all files together, in bytes. */
  public long bytes() {
    return files.stream().mapToLong(ModelFile::size).sum();
  }

  /** Name, version and digest: what a job is pinned to. */
  public ModelVersion modelVersion() {
    return new ModelVersion(name, version, digest);
  }

  /** {@code fraud:1.4.2}. */
  public ModelRef ref() {
    return ModelRef.ofVersion(name, version);
  }
}
