package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * {@code model.yaml} to manifest and back. Only the nodes of the document are read, never a type it
 * names, so a manifest cannot make an object of its choosing.
 *
 * <p>Thread-safe.
 */
public final class ManifestYaml {
  private static final List<String> KEYS =
      List.of(
          "format",
          "name",
          "version",
          "engine",
          "digest",
          "created",
          "labels",
          "signature",
          "files");
  private static final List<String> TENSOR_KEYS = List.of("name", "type", "shape");
  private static final List<String> FILE_KEYS = List.of("path", "size", "sha256");

  private ManifestYaml() {}

  /** The text of a manifest. */
  public static String write(ModelManifest manifest) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("format", ModelManifest.FORMAT);
    root.put("name", manifest.name());
    root.put("version", manifest.version().toString());
    root.put("engine", manifest.engine());
    root.put("digest", manifest.digest());
    root.put("created", manifest.created().toString());
    if (!manifest.labels().isEmpty()) {
      root.put("labels", manifest.labels());
    }
    Map<String, Object> signature = new LinkedHashMap<>();
    signature.put("inputs", manifest.signature().inputs().stream().map(ManifestYaml::map).toList());
    signature.put(
        "outputs", manifest.signature().outputs().stream().map(ManifestYaml::map).toList());
    root.put("signature", signature);
    root.put("files", manifest.files().stream().map(ManifestYaml::map).toList());
    DumpSettings settings =
        DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setDereferenceAliases(true)
            .setSplitLines(false)
            .build();
    return new Dump(settings).dumpToString(root);
  }

  private static Map<String, Object> map(TensorSpec tensor) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", tensor.name());
    map.put("type", tensor.type().label());
    map.put("shape", tensor.shape());
    return map;
  }

  private static Map<String, Object> map(ModelFile file) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("path", file.path());
    map.put("size", file.size());
    map.put("sha256", file.sha256());
    return map;
  }

  /**
   * Reads a manifest.
   *
   * @param place where the text is from, as messages call it
   * @throws InvalidModelException with every problem on a line of its own
   */
  public static ModelManifest read(String place, String text) {
    YamlProblems problems = new YamlProblems(place);
    Node root = YamlMapping.compose(text, "the manifest", problems);
    YamlMapping manifest = new YamlMapping(root, "the manifest", KEYS, problems);
    manifest.parsed("format", ManifestYaml::format);
    String name = manifest.parsed("name", value -> value);
    SemanticVersion version = manifest.parsed("version", SemanticVersion::parse);
    String engine = manifest.parsed("engine", value -> value);
    String digest = manifest.parsed("digest", value -> value);
    Instant created = manifest.parsed("created", ManifestYaml::instant);
    Map<String, String> labels = labels(manifest, problems);
    Signature signature = signature(manifest, problems);
    List<ModelFile> files = files(manifest, problems);
    problems.throwIfAny();
    ModelManifest read =
        manifest.built(
            root,
            () ->
                new ModelManifest(
                    Objects.requireNonNull(name),
                    Objects.requireNonNull(version),
                    Objects.requireNonNull(engine),
                    Objects.requireNonNull(signature),
                    labels,
                    Objects.requireNonNull(created),
                    files,
                    Objects.requireNonNull(digest)));
    if (read == null) {
      throw problems.failure();
    }
    return read;
  }

  private static String format(String value) {
    if (!value.equals(String.valueOf(ModelManifest.FORMAT))) {
      throw new InvalidModelException(
          "format: %s (expected: %d); read this store with the release of Tidemill that wrote it"
              .formatted(value, ModelManifest.FORMAT));
    }
    return value;
  }

  private static Instant instant(String value) {
    try {
      return Instant.parse(value);
    } catch (DateTimeParseException e) {
      throw new InvalidModelException(
          "created: '" + value + "' (expected: an instant as in 2026-11-01T12:00:00Z)", e);
    }
  }

  private static long number(String subject, String value) {
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new InvalidModelException(subject + ": '" + value + "' (expected: a whole number)", e);
    }
  }

  private static Map<String, String> labels(YamlMapping manifest, YamlProblems problems) {
    Node node = manifest.has("labels") ? manifest.value("labels") : null;
    return node == null ? Map.of() : new YamlMapping(node, "labels", List.of(), problems).texts();
  }

  private static @Nullable Signature signature(YamlMapping manifest, YamlProblems problems) {
    Node node = manifest.value("signature");
    if (node == null) {
      return null;
    }
    YamlMapping signature =
        new YamlMapping(node, "signature", List.of("inputs", "outputs"), problems);
    List<@Nullable TensorSpec> inputs =
        signature.sequence("inputs").stream().map(tensor -> tensor(tensor, problems)).toList();
    List<@Nullable TensorSpec> outputs =
        signature.sequence("outputs").stream().map(tensor -> tensor(tensor, problems)).toList();
    if (inputs.contains(null) || outputs.contains(null)) {
      return null;
    }
    return signature.built(node, () -> new Signature(inputs, outputs));
  }

  private static @Nullable TensorSpec tensor(Node node, YamlProblems problems) {
    YamlMapping tensor = new YamlMapping(node, "tensor", TENSOR_KEYS, problems);
    String name = tensor.parsed("name", value -> value);
    ElementType type = tensor.parsed("type", ManifestYaml::type);
    List<Long> shape = new ArrayList<>();
    boolean numbers = tensor.has("shape");
    for (Node size : tensor.sequence("shape")) {
      Long number = tensor.built(size, () -> number("size of a shape", text(size)));
      numbers &= number != null && shape.add(number);
    }
    return name == null || type == null || !numbers
        ? null
        : tensor.built(node, () -> new TensorSpec(name, type, shape));
  }

  private static String text(Node node) {
    return node instanceof ScalarNode scalar ? scalar.getValue() : "a list or mapping";
  }

  private static ElementType type(String label) {
    return ElementType.ofLabel(label)
        .orElseThrow(
            () ->
                new InvalidModelException(
                    "type: '%s' (expected: %s)"
                        .formatted(
                            label,
                            Arrays.stream(ElementType.values())
                                .map(ElementType::label)
                                .collect(Collectors.joining(", ")))));
  }

  private static List<ModelFile> files(YamlMapping manifest, YamlProblems problems) {
    List<ModelFile> files = new ArrayList<>();
    for (Node node : manifest.sequence("files")) {
      YamlMapping file = new YamlMapping(node, "file", FILE_KEYS, problems);
      String path = file.parsed("path", value -> value);
      Long size = file.parsed("size", value -> number("size", value));
      String sha256 = file.parsed("sha256", value -> value);
      if (path != null && size != null && sha256 != null) {
        ModelFile read = file.built(node, () -> new ModelFile(path, size, sha256));
        if (read != null) {
          files.add(read);
        }
      }
    }
    return files;
  }
}
