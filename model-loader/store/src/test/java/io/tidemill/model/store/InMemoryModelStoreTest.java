package io.tidemill.model.store;

class InMemoryModelStoreTest extends ModelStoreContract {
  @Override
  protected ModelStore open() {
    return new InMemoryModelStore();
  }
}
