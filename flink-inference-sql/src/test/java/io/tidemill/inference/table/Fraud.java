package io.tidemill.inference.table;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.onnx.OnnxModels;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.signing.SigningKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.Map;
import java.util.function.Function;

/**
 * A store with a logistic regression in it, and what it answers.
 *
 * @param store its URI
 */
record Fraud(String store) {
  static final float BIAS = -1;
  static final float[] WEIGHTS = {0.5f, 0.25f, -0.5f, 2};

  /** {@code fraud:1.0.0}, {@code features} float32 [-1, 4] to {@code score} float32 [-1, 1]. */
  static Fraud in(Path folder) throws Exception {
    Fraud fraud = new Fraud(folder.resolve("models").toUri().toString());
    fraud.publish("fraud", "1.0.0", files -> OnnxModels.logistic(files, BIAS, WEIGHTS));
    fraud.alias("fraud", "production", "1.0.0");
    return fraud;
  }

  void publish(String name, String version, Function<Path, Signature> model) throws Exception {
    Path files = Files.createTempDirectory("model");
    Signature signature = model.apply(files);
    ModelStore.open(store)
        .push(
            new ModelDraft(name, SemanticVersion.parse(version), "onnx", signature, Map.of()),
            files.resolve(OnnxModels.FILE));
  }

  void alias(String name, String alias, String version) {
    ModelStore.open(store).alias(name, alias, SemanticVersion.parse(version));
  }

  /** Signs a version with a new key; answers the file of its public half. */
  Path sign(String name, String version, Path folder) throws Exception {
    KeyPair keys = KeyPairGenerator.getInstance("EC").generateKeyPair();
    ModelStore models = ModelStore.open(store);
    SemanticVersion number = SemanticVersion.parse(version);
    SigningKey signing = SigningKey.of(pem("PRIVATE KEY", keys.getPrivate()));
    models.addSignature(name, number, signing.sign(models.manifest(name, number)));
    return Files.writeString(folder.resolve(name + ".pem"), pem("PUBLIC KEY", keys.getPublic()));
  }

  private static String pem(String type, Key key) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(type, Base64.getEncoder().encodeToString(key.getEncoded()), type);
  }

  static float score(float... features) {
    double logit = BIAS;
    for (int i = 0; i < WEIGHTS.length; i++) {
      logit += WEIGHTS[i] * features[i];
    }
    return (float) (1 / (1 + Math.exp(-logit)));
  }
}
