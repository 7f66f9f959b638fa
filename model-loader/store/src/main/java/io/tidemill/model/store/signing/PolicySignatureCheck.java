package io.tidemill.model.store.signing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.SignatureCheck;
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
  public Optional<String> problem(
      ModelManifest manifest, List<DetachedSignature> signatures, List<String> keys) {
    try {
      new SignatureVerifier(keys(keys)).verify(manifest, signatures);
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
