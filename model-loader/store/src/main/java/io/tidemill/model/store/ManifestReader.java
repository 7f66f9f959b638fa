package io.tidemill.model.store;

import io.tidemill.model.Constant;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code model.yaml} to manifest.
 *
 * @param place where the text is from, as messages call it
 */
record ManifestReader(String place, String text) {
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

  ModelManifest read() {
    return YamlMapping.read(place, text, "the manifest", KEYS, ManifestReader::manifest);
  }

  private static @Nullable ModelManifest manifest(YamlMapping yaml) {
    Integer format = yaml.parsed("format", ManifestReader::format);
    String name = yaml.text("name");
    SemanticVersion version = yaml.parsed("version", SemanticVersion::parse);
    String engine = yaml.text("engine");
    String digest = yaml.text("digest");
    Instant created = yaml.parsed("created", ManifestReader::instant);
    Map<String, String> labels =
        yaml.has("labels")
            ? yaml.mapping("labels", "labels", List.of(), YamlMapping::texts)
            : Map.of();
    Signature signature =
        yaml.mapping(
            "signature",
            "signature",
            List.of("name", "method", "batch", "constants", "inputs", "outputs"),
            ManifestReader::signature);
    List<ModelFile> files =
        yaml.mappings("files", "file", List.of("path", "size", "sha256"), ManifestReader::file);
    return yaml.made(
        () ->
            new ModelManifest(
                format, name, version, engine, signature, labels, created, files, digest));
  }

  private static int format(String value) {
    if (!List.of("1", String.valueOf(ModelManifest.FORMAT)).contains(value)) {
      throw new InvalidModelException(
          "format: %s (expected: %d); read this store with the release of Tidemill that wrote it"
              .formatted(value, ModelManifest.FORMAT));
    }
    return Integer.parseInt(value);
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

  private static @Nullable Signature signature(YamlMapping yaml) {
    List<TensorSpec> inputs = tensors(yaml, "inputs");
    List<TensorSpec> outputs = tensors(yaml, "outputs");
    String name = yaml.has("name") ? yaml.text("name") : "";
    String method = yaml.has("method") ? yaml.text("method") : "";
    Integer batch =
        yaml.has("batch") ? yaml.parsed("batch", ManifestReader::rows) : Integer.valueOf(0);
    List<Constant> constants =
        yaml.has("constants")
            ? yaml.mappings(
                "constants",
                "constant",
                List.of("name", "type", "shape", "values"),
                ManifestReader::constant)
            : List.of();
    return yaml.made(() -> new Signature(inputs, outputs, name, method, batch, constants));
  }

  /** A signature refuses what is too much, or too little. */
  private static int rows(String value) {
    return (int) Math.max(-1, Math.min(number("batch", value), Integer.MAX_VALUE));
  }

  private static @Nullable Constant constant(YamlMapping yaml) {
    String name = yaml.text("name");
    ElementType type = yaml.parsed("type", ManifestReader::type);
    List<Long> shape = sizes(yaml);
    List<String> values = yaml.parsedList("values", "value", value -> value);
    return yaml.made(() -> new Constant(name, type, shape, values));
  }

  private static List<Long> sizes(YamlMapping yaml) {
    return yaml.parsedList("shape", "size of a shape", size -> number("size of a shape", size));
  }

  private static List<TensorSpec> tensors(YamlMapping yaml, String key) {
    return yaml.mappings(key, "tensor", List.of("name", "type", "shape"), ManifestReader::tensor);
  }

  private static @Nullable TensorSpec tensor(YamlMapping yaml) {
    String name = yaml.text("name");
    ElementType type = yaml.parsed("type", ManifestReader::type);
    List<Long> shape = sizes(yaml);
    return yaml.made(() -> new TensorSpec(name, type, shape));
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

  private static @Nullable ModelFile file(YamlMapping yaml) {
    String path = yaml.text("path");
    Long size = yaml.parsed("size", value -> number("size", value));
    String sha256 = yaml.text("sha256");
    return yaml.made(() -> new ModelFile(path, size, sha256));
  }
}
