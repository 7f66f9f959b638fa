package io.tidemill.benchmarks;

import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import java.time.Duration;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Answers zeros after two seconds, or when the meter stops, and counts the rows of a call on the
 * meter when it begins.
 *
 * <p>Thread-safe.
 */
record HeldModel(Meter meter, ModelVersion version, Signature signature) implements Model {
  private static final Duration CALL = Duration.ofSeconds(2);

  @Override
  public ColumnBatch predict(ColumnBatch input, BufferAllocator allocator) {
    meter.tally().add(input.rows());
    try {
      meter.awaitStop(CALL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ModelCallException(version + ": interrupted in a call", e);
    }
    return new NoOpModel(version, signature).predict(input, allocator);
  }

  @Override
  public void close() {}
}
