package io.tidemill.model.store;

class InMemoryBackendTest extends ModelStoreContract {
  private final InMemoryBackend backend = new InMemoryBackend();

  @Override
  protected StoreBackend backend() {
    return backend;
  }
}
