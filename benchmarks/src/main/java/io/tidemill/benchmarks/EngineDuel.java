package io.tidemill.benchmarks;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Calls of one engine's small model by Tidemill and by the engine's own API, by turns of a fraction
 * of a second in one thread: what else the machine does meanwhile slows both alike. Seconds apart,
 * the ratio of the two is off by ten percent and more on a machine that is not idle.
 *
 * <p>Both score the same values, which must come to the same scores to the last bit, and both end a
 * call with the scores in a Java array.
 *
 * <p>Not thread-safe.
 */
final class EngineDuel {
  private static final long SEED = 42;
  private static final Duration TURN = Duration.ofMillis(50);

  private final EngineWorkload workload;
  private final Path folder;
  private final int batch;
  private final Queue<Measurement> ofModel = new ArrayDeque<>();
  private final Queue<Measurement> ofRaw = new ArrayDeque<>();

  /**
   * A duel that has not been fought.
   *
   * @param folder where the model is written
   */
  EngineDuel(EngineWorkload workload, Path folder, int batch) {
    this.workload = workload;
    this.folder = folder;
    this.batch = batch;
  }

  EngineWorkload workload() {
    return workload;
  }

  int batch() {
    return batch;
  }

  /** The model's side of the next duel, or of the one of which the raw side was asked for. */
  Measurement measureModel(Settings settings) throws Exception {
    return next(ofModel, ofRaw, settings);
  }

  /** The raw side of the next duel, or of the one of which the model's side was asked for. */
  Measurement measureRaw(Settings settings) throws Exception {
    return next(ofRaw, ofModel, settings);
  }

  private Measurement next(Queue<Measurement> asked, Queue<Measurement> other, Settings settings)
      throws Exception {
    if (asked.isEmpty()) {
      other.clear();
      measure(settings);
    }
    return asked.remove();
  }

  private void measure(Settings settings) throws Exception {
    Signature signature = workload.write(folder);
    ModelVersion version =
        new ModelVersion("scored", SemanticVersion.parse("1.0.0"), "sha256:" + "0".repeat(64));
    float[] values = values(batch * EngineWorkload.FEATURES);
    try (Model model = workload.served().load(version, signature, folder, Placement.CPU);
        EngineWorkload.RawCalls rawCalls = workload.raw(folder, direct(values), batch);
        BufferAllocator allocator = ColumnMemory.child(workload.engine(), Long.MAX_VALUE);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), batch)) {
      input.fixedWidth(0).setFloats(0, values, 0, values.length);
      input.rows(batch);
      ModelCalls modelCalls = new ModelCalls(model, input, allocator);
      EngineTurns raw = new EngineTurns(rawCalls::call, batch);
      EngineTurns ours = new EngineTurns(modelCalls::call, batch);
      alternate(raw, ours, settings.warmUp());
      for (int row = 0; row < batch; row++) {
        if (modelCalls.score(row) != rawCalls.score(row)) {
          throw new IllegalStateException(
              "%s: score of row %d: %s (expected: %s, by the engine's own API)"
                  .formatted(workload.engine(), row, modelCalls.score(row), rawCalls.score(row)));
        }
      }
      raw.forget();
      ours.forget();
      alternate(raw, ours, settings.measured());
      ofRaw.add(raw.measurement());
      ofModel.add(ours.measurement());
    }
  }

  private static void alternate(EngineTurns raw, EngineTurns ours, Duration each) throws Exception {
    for (long turn = 0; turn < Math.max(2, each.dividedBy(TURN)); turn++) {
      (turn % 2 == 0 ? raw : ours).take(TURN);
      (turn % 2 == 0 ? ours : raw).take(TURN);
    }
  }

  /** Calls by Tidemill. */
  private static final class ModelCalls {
    private final Model model;
    private final ColumnBatch input;
    private final BufferAllocator allocator;
    private final float[] floats;
    private final double[] doubles;
    private final boolean isDouble;

    ModelCalls(Model model, ColumnBatch input, BufferAllocator allocator) {
      this.model = model;
      this.input = input;
      this.allocator = allocator;
      isDouble = model.signature().outputs().get(0).type() == ElementType.FLOAT64;
      floats = new float[input.rows()];
      doubles = new double[input.rows()];
    }

    void call() {
      try (ColumnBatch output = model.predict(input, allocator)) {
        FixedWidthColumn scores = output.fixedWidth(0);
        if (isDouble) {
          scores.getDoubles(0, doubles, 0, output.rows());
        } else {
          scores.getFloats(0, floats, 0, output.rows());
        }
      }
    }

    double score(int row) {
      return isDouble ? doubles[row] : floats[row];
    }
  }

  /** A copy in memory that every engine reads in its place. */
  static ByteBuffer direct(float[] values) {
    int bytes = values.length * Float.BYTES;
    ByteBuffer memory =
        ByteBuffer.allocateDirect(bytes + FixedWidthColumn.ALIGNMENT)
            .alignedSlice(FixedWidthColumn.ALIGNMENT)
            .slice(0, bytes)
            .order(ByteOrder.nativeOrder());
    memory.asFloatBuffer().put(values);
    return memory;
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
