package io.tidemill.benchmarks;

import io.tidemill.model.Model;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.flink.table.data.RowData;

/**
 * Records copied into columns, a model call, and a scored record made for each: what scoring rows
 * costs where Flink costs nothing.
 *
 * @param callers threads, each with columns of its own, calling one loaded model
 */
record RowsLoop(Workload workload, int batch, int callers) implements ProcessVariant {

  @Override
  public String name() {
    return "rows-%s-b%d-c%d".formatted(workload.name(), batch, callers);
  }

  @Override
  public String floor() {
    return RawLoop.name(workload, batch, callers);
  }

  @Override
  public void measure(Turns turns) throws Exception {
    try (Model model = workload.load()) {
      Callers.measure(name(), callers, turns, meter -> score(model, meter));
    }
  }

  private void score(Model model, Meter meter) {
    Meter.Tally tally = meter.tally();
    RowData[] records = workload.records();
    RowData[] scored = new RowData[batch];
    float[] predictions = new float[batch * workload.outputElements()];
    Joiner joiner = workload.joiner();
    int next = 0;
    try (BufferAllocator allocator = ColumnMemory.child(name(), Long.MAX_VALUE);
        ColumnBatch input =
            ColumnBatch.allocate(allocator, model.signature().inputColumns(), batch)) {
      while (meter.awaitTurn()) {
        int first = next;
        for (int row = 0; row < batch; row++) {
          float[] values = records[next].getArray(0).toFloatArray();
          input.fixedWidth(0).setFloats(row * values.length, values, 0, values.length);
          next = (next + 1) % records.length;
        }
        input.rows(batch);
        try (ColumnBatch output = model.predict(input, allocator)) {
          output.fixedWidth(0).getFloats(0, predictions, 0, predictions.length);
        }
        for (int row = 0; row < batch; row++) {
          scored[row] = joiner.join(records[(first + row) % records.length], predictions, row);
        }
        tally.add(scored.length);
      }
    }
  }
}
