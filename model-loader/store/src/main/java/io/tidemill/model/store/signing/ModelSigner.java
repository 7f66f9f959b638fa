package io.tidemill.model.store.signing;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelManifest;

/**
 * Signs versions with one private key.
 *
 * <p>Immutable and thread-safe.
 */
public final class ModelSigner {
  private final SigningKey key;

  public ModelSigner(SigningKey key) {
    this.key = requireNonNull(key, "key");
  }

  /**
   * A signature over a version's name, number, digest and files. The files themselves are not read:
   * prove them first, or the signature is over what a damaged store says.
   */
  public DetachedSignature sign(ModelManifest manifest) {
    Bundle bundle = Bundle.signed(key, Statement.of(manifest).write());
    return new DetachedSignature(key.verificationKey().fingerprint(), bundle.write());
  }
}
