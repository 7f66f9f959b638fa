package io.tidemill.model.store.signing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelManifest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Says whether a version is signed by a key that is trusted. One good signature is enough, whatever
 * lies beside it: who can write to the store can add signatures, but not make one that is good.
 *
 * <p>Immutable and thread-safe.
 */
public final class SignatureVerifier {
  private final List<VerificationKey> keys;

  /**
   * A verifier.
   *
   * @param keys those that are trusted
   * @throws IllegalArgumentException if there is none
   */
  public SignatureVerifier(List<VerificationKey> keys) {
    this.keys = List.copyOf(keys);
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("keys: none (expected: >= 1 public key)");
    }
  }

  /**
   * The trusted key that signed a version.
   *
   * @throws InvalidModelException if none did; the message says what each signature lacks
   */
  public VerificationKey verify(ModelManifest manifest, List<DetachedSignature> signatures) {
    List<String> problems = new ArrayList<>();
    for (DetachedSignature signature : signatures) {
      try {
        Bundle bundle = Bundle.read(signature.bundle());
        Optional<VerificationKey> key = keys.stream().filter(bundle::madeBy).findFirst();
        List<String> differences =
            key.isEmpty()
                ? List.of("made by no key that is trusted, or changed since")
                : Statement.read(bundle.payload()).differences(manifest);
        if (key.isPresent() && differences.isEmpty()) {
          return key.get();
        }
        problems.add(about(signature, String.join("; ", differences)));
      } catch (InvalidModelException e) {
        problems.add(about(signature, String.valueOf(e.getMessage())));
      }
    }
    throw failure(manifest, problems);
  }

  private static String about(DetachedSignature signature, String problem) {
    return "signature of key " + signature.fingerprint() + ": " + problem;
  }

  private InvalidModelException failure(ModelManifest manifest, List<String> problems) {
    String trusted =
        keys.stream().map(VerificationKey::fingerprint).collect(Collectors.joining(", "));
    String found = problems.isEmpty() ? "not signed" : String.join("; ", problems);
    return new InvalidModelException(
        "%s: %s (expected: a good signature of key %s); have it signed with such a key"
            .formatted(manifest.ref(), found, trusted));
  }
}
