package io.tidemill.model.store.signing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.SignatureCheck;
import io.tidemill.model.store.StorePolicy;
import java.util.ArrayList;
import java.util.List;
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
      new SignatureVerifier(keys(policy.keys()))
          .verify(manifest, store.signatures(manifest.name(), manifest.version()));
      return Optional.empty();
    } catch (InvalidModelException | IllegalArgumentException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** They are named by their place: what stands there may be a private key. */
  private static List<VerificationKey> keys(List<String> texts) {
    List<VerificationKey> keys = new ArrayList<>();
    for (String text : texts) {
      try {
        keys.add(new VerificationKey(text));
      } catch (IllegalArgumentException wrong) {
        throw new InvalidModelException(
            "number %d of the policy's keys is %s; a policy holds the keys themselves, not the names of their files"
                .formatted(keys.size() + 1, wrong.getMessage()),
            wrong);
      }
    }
    return keys;
  }
}
