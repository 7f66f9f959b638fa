package io.tidemill.model.engine.onnx;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import java.nio.file.Path;

/** The version under which tests load their models. */
final class Loading {
  static final ModelVersion VERSION =
      new ModelVersion("fraud", SemanticVersion.parse("1.4.2"), "sha256:" + "0".repeat(64));

  private Loading() {}

  static Model load(Path directory, Signature signature) {
    return new OnnxEngine().load(VERSION, signature, directory, Placement.CPU);
  }
}
