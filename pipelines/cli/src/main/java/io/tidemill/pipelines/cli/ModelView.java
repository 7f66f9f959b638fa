package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidemill.model.Constant;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.store.ModelManifest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A published version as JSON and YAML have it.
 *
 * @param signature which of a model's signatures is served; null where it is the usual one
 * @param method what the model says that this signature is for; null if nothing
 * @param batch how many rows the model takes in each call; null if any number
 * @param constants its inputs without rows; null if there are none
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
    @Nullable String signature,
    @Nullable String method,
    List<Tensor> inputs,
    List<Tensor> outputs,
    @Nullable Integer batch,
    @Nullable List<Tensor> constants,
    Map<String, String> labels,
    int files,
    long bytes,
    @Nullable String path) {

  /**
   * One input or output.
   *
   * @param values of a constant; null if it is none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Tensor(String name, String type, List<Long> shape, @Nullable List<String> values) {
    static Tensor of(TensorSpec spec) {
      return new Tensor(spec.name(), spec.type().label(), spec.shape(), null);
    }

    static Tensor of(Constant constant) {
      return new Tensor(
          constant.name(), constant.type().label(), constant.shape(), constant.values());
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
    Signature signature = manifest.signature();
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
        signature.name().isEmpty() ? null : signature.name(),
        signature.method().isEmpty() ? null : signature.method(),
        signature.inputs().stream().map(Tensor::of).toList(),
        signature.outputs().stream().map(Tensor::of).toList(),
        signature.batch() == 0 ? null : signature.batch(),
        signature.constants().isEmpty()
            ? null
            : signature.constants().stream().map(Tensor::of).toList(),
        manifest.labels(),
        manifest.files().size(),
        manifest.bytes(),
        path == null ? null : path.toString());
  }
}
