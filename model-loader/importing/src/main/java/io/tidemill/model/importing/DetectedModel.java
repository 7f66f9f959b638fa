package io.tidemill.model.importing;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelManifest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a path turned out to be.
 *
 * @param format as in {@code TensorFlow SavedModel}
 * @param files the file or folder to publish
 * @param name what its files call it; null if they do not
 * @param version what its files say; null if they do not
 * @param labels those that it was exported with
 * @param origin what it was exported as; null if it is no export
 * @param signatures those that it was exported with; good for this name and version only
 */
public record DetectedModel(
    String format,
    Path files,
    String engine,
    Signature signature,
    @Nullable String name,
    @Nullable SemanticVersion version,
    Map<String, String> labels,
    @Nullable ModelManifest origin,
    List<DetachedSignature> signatures) {
  public DetectedModel {
    requireNonNull(format, "format");
    requireNonNull(files, "files");
    requireNonNull(engine, "engine");
    requireNonNull(signature, "signature");
    labels = Map.copyOf(labels);
    signatures = List.copyOf(signatures);
  }

  static DetectedModel of(String format, Path files, String engine, Signature signature) {
    return new DetectedModel(
        format, files, engine, signature, null, null, Map.of(), null, List.of());
  }

  /** The same model, called so by what it was found in. */
  DetectedModel in(String container, @Nullable String name, @Nullable SemanticVersion version) {
    return new DetectedModel(
        container, files, engine, signature, name, version, labels, origin, signatures);
  }
}
