package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.store.ModelManifest;
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

  static ModelView of(ModelManifest manifest, List<String> aliases, @Nullable String path) {
    return new ModelView(
        manifest.name(),
        manifest.version().toString(),
        manifest.engine(),
        manifest.digest(),
        manifest.created().toString(),
        aliases,
        manifest.signature().inputs().stream().map(Tensor::of).toList(),
        manifest.signature().outputs().stream().map(Tensor::of).toList(),
        manifest.labels(),
        manifest.files().size(),
        manifest.bytes(),
        path);
  }
}
