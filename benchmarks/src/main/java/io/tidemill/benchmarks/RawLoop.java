package io.tidemill.benchmarks;

import io.tidemill.model.Model;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Nothing but model calls on columns that were filled once: the floor that every other variant is
 * compared with.
 *
 * @param callers threads, each with columns of its own, calling one loaded model
 */
record RawLoop(Workload workload, int batch, int callers) implements ProcessVariant {

  static String name(Workload workload, int batch, int callers) {
    return "raw-%s-b%d-c%d".formatted(workload.name(), batch, callers);
  }

  @Override
  public String name() {
    return name(workload, batch, callers);
  }

  @Override
  public String floor() {
    return name();
  }

  @Override
  public void measure(Turns turns) throws Exception {
    try (Meter meter = Meter.open(name())) {
      measure(meter, turns);
    }
  }

  /** The same, with a meter that stays the caller's. */
  void measure(Meter meter, Turns turns) throws Exception {
    try (Model model = workload.load()) {
      Callers.measure(meter, callers, turns, running -> call(model, running));
    }
  }

  private void call(Model model, Meter meter) {
    Meter.Tally tally = meter.tally();
    try (BufferAllocator allocator = ColumnMemory.child(name(), Long.MAX_VALUE);
        ColumnBatch input =
            ColumnBatch.allocate(allocator, model.signature().inputColumns(), batch)) {
      fill(input);
      while (meter.awaitTurn()) {
        model.predict(input, allocator).close();
        tally.add(batch);
      }
    }
  }

  /** Puts the same values in as the other variants have: zeros are faster to compute with. */
  private void fill(ColumnBatch input) {
    float[] values = workload.inputs(batch);
    input.fixedWidth(0).setFloats(0, values, 0, values.length);
    input.rows(batch);
  }
}
