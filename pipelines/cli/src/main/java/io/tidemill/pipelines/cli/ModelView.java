package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.store.ModelManifest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A published version as JSON and YAML have it.
 *
 * @param path where its files were written to; null where none were
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ModelView(
    String name,
    String version,
    String engine,
    String digest,
    String created,
    List<String> aliases,
    List<Tensor> inputs,
    List<Tensor> outputs,
    Map<String, String> labels,
    int files,
    long bytes,
    @Nullable String path) {

  /** One input or output. */
  record Tensor(String name, String type, List<Long> shape) {
    static Tensor of(TensorSpec spec) {
      return new Tensor(spec.name(), spec.type().label(), spec.shape());
    }
  }

  static ModelView of(ModelManifest manifest) {
    return of(manifest, Map.of(), null);
  }

  /** With those of its model's aliases that mean this version. */
  static ModelView of(ModelManifest manifest, Map<String, SemanticVersion> aliases) {
    return of(manifest, aliases, null);
  }

  static ModelView of(ModelManifest manifest, Path path) {
    return of(manifest, Map.of(), path);
  }

  private static ModelView of(
      ModelManifest manifest, Map<String, SemanticVersion> aliases, @Nullable Path path) {
    return new ModelView(
        manifest.name(),
        manifest.version().toString(),
        manifest.engine(),
        manifest.digest(),
        manifest.created().toString(),
        aliases.keySet().stream()
            .filter(alias -> manifest.version().equals(aliases.get(alias)))
            .sorted()
            .toList(),
        manifest.signature().inputs().stream().map(Tensor::of).toList(),
        manifest.signature().outputs().stream().map(Tensor::of).toList(),
        manifest.labels(),
        manifest.files().size(),
        manifest.bytes(),
        path == null ? null : path.toString());
  }
}
