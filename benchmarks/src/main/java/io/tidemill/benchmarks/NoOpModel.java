package io.tidemill.benchmarks;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Answers zeros of the right shape and computes nothing.
 *
 * <p>Thread-safe.
 */
record NoOpModel(ModelVersion version, Signature signature) implements Model {

  @Override
  public ColumnBatch predict(ColumnBatch input, BufferAllocator allocator) {
    List<TensorSpec> outputs = signature.outputs();
    ColumnBatch zeros =
        ColumnBatch.allocate(
            allocator, outputs.stream().map(TensorSpec::column).toList(), input.rows());
    zeros.rows(input.rows());
    return zeros;
  }

  @Override
  public void close() {}
}
