package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;

/**
 * A source whose models try their calls again. The loaded copy stays the one that all handles of
 * the process share.
 *
 * <p>Thread-safe, as the source that it asks.
 */
record RetryingModelSource(ModelSource source, Retries retries) implements ModelSource {
  RetryingModelSource {
    requireNonNull(source, "source");
    requireNonNull(retries, "retries");
  }

  @Override
  public ModelVersion version() {
    return source.version();
  }

  @Override
  public Signature signature() {
    return source.signature();
  }

  @Override
  public ModelHandle open() {
    return retrying(source.open());
  }

  @Override
  public ModelHandle open(TaskContext task) {
    return retrying(source.open(task));
  }

  private ModelHandle retrying(ModelHandle handle) {
    return new ModelHandle(retries.of(handle.model()), handle::close);
  }
}
