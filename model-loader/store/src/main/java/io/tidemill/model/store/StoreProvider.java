package io.tidemill.model.store;

import java.util.ServiceLoader;

/**
 * Opens stores that are not folders. Found through {@link ServiceLoader}.
 *
 * <p>Implementations are thread-safe.
 */
public interface StoreProvider {
  /** The scheme of its stores' URIs, such as {@code oci}. */
  String scheme();

  /**
   * Opens a store.
   *
   * @throws IllegalArgumentException if the URI is not one of this kind of store
   * @throws io.tidemill.model.StoreUnavailableException if what it needs is not there
   */
  StoreBackend open(String uri);
}
