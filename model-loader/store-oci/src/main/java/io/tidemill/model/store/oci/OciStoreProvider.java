package io.tidemill.model.store.oci;

import io.tidemill.model.store.StoreBackend;
import io.tidemill.model.store.StoreProvider;

/**
 * Opens {@code oci://host/repository}.
 *
 * <p>Thread-safe.
 */
public final class OciStoreProvider implements StoreProvider {
  @Override
  public String scheme() {
    return "oci";
  }

  @Override
  public StoreBackend open(String uri) {
    OciAddress address = OciAddress.parse(uri);
    return new OciBackend(address, new OciRegistry(address));
  }
}
