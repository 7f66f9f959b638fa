package io.tidemill.model.store.signing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.SignatureCheck;
import io.tidemill.model.store.StorePolicy;
import java.util.Optional;

/**
 * Checks signatures against the public keys that a store's policy lists.
 *
 * <p>Thread-safe.
 */
public final class PolicySignatureCheck implements SignatureCheck {
  @Override
  public Optional<String> problem(ModelStore store, ModelManifest manifest, StorePolicy policy) {
    try {
      new SignatureVerifier(policy.keys().stream().map(VerificationKey::new).toList())
          .verify(manifest, store.signatures(manifest.name(), manifest.version()));
      return Optional.empty();
    } catch (InvalidModelException | IllegalArgumentException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}
