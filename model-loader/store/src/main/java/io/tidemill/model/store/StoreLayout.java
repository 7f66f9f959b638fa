package io.tidemill.model.store;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import java.util.Optional;
import org.apache.flink.core.fs.Path;

/** Where things are in a store of folders. */
record StoreLayout(Path root) {
  static final String MANIFEST = "model.yaml";
  static final String FILES = "files";
  private static final String BUNDLE = ".sigstore.json";
  private static final int DIGEST_DIGITS = 16;

  Path model(String name) {
    return new Path(root, ModelRef.checkName("model name", name));
  }

  Path version(String name, SemanticVersion version) {
    return new Path(model(name), version.toString());
  }

  Path manifest(String name, SemanticVersion version) {
    return new Path(version(name, version), MANIFEST);
  }

  Path version(ModelManifest manifest) {
    return version(manifest.name(), manifest.version());
  }

  /** The files of a version that was moved to its place whole. */
  Path files(ModelManifest manifest) {
    return new Path(version(manifest), FILES);
  }

  /** The files of a version that was written in its place, apart from those of other content. */
  Path filesOfDigest(ModelManifest manifest) {
    String digits = manifest.digest().substring("sha256:".length());
    return new Path(version(manifest), FILES + "-" + digits.substring(0, DIGEST_DIGITS));
  }

  Path signatures(String name, SemanticVersion version) {
    return new Path(version(name, version), "signatures");
  }

  Path signature(String name, SemanticVersion version, String fingerprint) {
    return new Path(signatures(name, version), fingerprint + BUNDLE);
  }

  /** The key that a file among the signatures is named after, if it is one of them. */
  static Optional<String> keyOfSignature(String file) {
    String fingerprint = file.replace(BUNDLE, "");
    return file.endsWith(BUNDLE) && DetachedSignature.isFingerprint(fingerprint)
        ? Optional.of(fingerprint)
        : Optional.empty();
  }

  Path aliases(String name) {
    return new Path(model(name), "aliases");
  }

  Path alias(String name, String alias) {
    return new Path(aliases(name), alias);
  }

  Path policy() {
    return new Path(root, StorePolicy.FILE);
  }
}
