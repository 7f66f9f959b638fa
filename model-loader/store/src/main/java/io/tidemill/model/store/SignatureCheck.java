package io.tidemill.model.store;

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
   * What keeps a version from being signed by one of the policy's keys, for the end of a message;
   * empty if it is.
   *
   * @throws io.tidemill.model.StoreUnavailableException if the store does not answer
   */
  Optional<String> problem(ModelStore store, ModelManifest manifest, StorePolicy policy);

  /** The check of this process, if it has one. */
  static Optional<SignatureCheck> find() {
    return ServiceLoader.load(SignatureCheck.class, SignatureCheck.class.getClassLoader())
        .findFirst();
  }
}
