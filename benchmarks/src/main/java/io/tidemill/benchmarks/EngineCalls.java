package io.tidemill.benchmarks;

import io.tidemill.model.Device;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Nothing but calls of one engine's small model on values that were filled in once, by Tidemill or
 * by the engine's own API.
 *
 * @param folder where the model is written
 * @param raw whether by the engine's own API
 */
record EngineCalls(EngineWorkload workload, Path folder, int batch, boolean raw)
    implements Variant {
  private static final long SEED = 42;

  /** The same by the engine's own API. */
  EngineCalls byItself() {
    return new EngineCalls(workload, folder, batch, true);
  }

  @Override
  public String name() {
    return "engine-%s-%s-b%d".formatted(workload.engine(), raw ? "raw" : "model", batch);
  }

  @Override
  public String floor() {
    return byItself().name();
  }

  @Override
  public Measurement measure(Settings settings) throws Exception {
    Signature signature = workload.write(folder);
    return Callers.measure(
        name(), 1, settings, raw ? this::callEngine : meter -> callModel(signature, meter));
  }

  private void callEngine(Meter meter) throws Exception {
    Meter.Tally tally = meter.tally();
    int floats = batch * EngineWorkload.FEATURES;
    ByteBuffer features =
        ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.nativeOrder());
    features.asFloatBuffer().put(values(floats));
    try (EngineWorkload.RawCalls calls = workload.raw(folder, features, batch)) {
      while (!meter.stopped()) {
        calls.call();
        tally.add(batch);
      }
    }
  }

  private void callModel(Signature signature, Meter meter) {
    Meter.Tally tally = meter.tally();
    ModelVersion version =
        new ModelVersion(
            workload.engine(), SemanticVersion.parse("1.0.0"), "sha256:" + "0".repeat(64));
    try (Model model = workload.loader().load(version, signature, folder, Device.CPU);
        BufferAllocator allocator = ColumnMemory.child(name(), Long.MAX_VALUE);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), batch)) {
      float[] values = values(batch * EngineWorkload.FEATURES);
      input.fixedWidth(0).setFloats(0, values, 0, values.length);
      input.rows(batch);
      while (!meter.stopped()) {
        model.predict(input, allocator).close();
        tally.add(batch);
      }
    }
  }

  private static float[] values(int count) {
    Random random = new Random(SEED);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }
}
