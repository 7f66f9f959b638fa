package io.tidemill.model.store.oci;

import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.store.StoreBackend;
import io.tidemill.model.store.StoreProvider;

/**
 * Opens {@code oci://host/repository}.
 *
 * <p>Thread-safe.
 */
public final class OciStoreProvider implements StoreProvider {
  static final String COORDINATES = "land.oras:oras-java-sdk:0.7.0";

  @Override
  public String scheme() {
    return "oci";
  }

  @Override
  public StoreBackend open(String uri) {
    OciAddress address = OciAddress.parse(uri);
    try {
      return new OciBackend(address, new OciRegistry(address));
    } catch (LinkageError e) {
      throw new StoreUnavailableException(
          "store '%s': the registry client is not on the classpath, or not whole; put %s and its dependencies into Flink's lib folder"
              .formatted(address.uri(), COORDINATES),
          e);
    }
  }
}
