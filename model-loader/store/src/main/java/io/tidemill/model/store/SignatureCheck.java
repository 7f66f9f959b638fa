package io.tidemill.model.store;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * Checks a version's detached signatures, for stores whose policy requires them. Found through
 * {@link ServiceLoader}; where there is none, what needs a signed version is refused.
 *
 * <p>Implementations are thread-safe.
 */
public interface SignatureCheck {
  /**
   * What keeps a version from being signed by one of these public keys, for the end of a message;
   * empty if it is.
   *
   * @param keys PEM texts, as a policy has them
   */
  Optional<String> problem(
      ModelManifest manifest, List<DetachedSignature> signatures, List<String> keys);

  /** The check of this process, if it has one. */
  static Optional<SignatureCheck> find() {
    return ServiceLoader.load(SignatureCheck.class, SignatureCheck.class.getClassLoader())
        .findFirst();
  }
}
