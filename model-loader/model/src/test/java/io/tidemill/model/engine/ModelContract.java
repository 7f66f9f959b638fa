package io.tidemill.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.Model;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.columnar.ElementType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What holds for the models of every engine. */
public abstract class ModelContract {
  protected static final ModelVersion VERSION =
      new ModelVersion("fraud", SemanticVersion.parse("1.4.2"), "sha256:" + "0".repeat(64));

  @TempDir protected Path directory;
  @RegisterExtension protected final CountingAllocator allocator = new CountingAllocator();

  private final Engine engine;

  protected ModelContract(Engine engine) {
    this.engine = engine;
  }

  /** Writes a model with one input, of several numbers a row, and one output of numbers. */
  protected abstract Signature writeModel(Path folder) throws Exception;

  protected final Model load(Signature signature) {
    return engine.load(VERSION, signature, directory, Placement.CPU);
  }

  private Model loaded() throws Exception {
    return load(writeModel(directory));
  }

  private ColumnBatch input(Model model, int rows) {
    ColumnBatch batch =
        ColumnBatch.allocate(allocator.get(), model.signature().inputColumns(), rows);
    batch.rows(rows);
    return batch;
  }

  @Test
  void isFoundByItsName() {
    assertThat(Engines.here().find(engine.name())).isInstanceOf(engine.getClass());
  }

  @Test
  void saysWhatWasLoaded() throws Exception {
    Signature signature = writeModel(directory);

    try (Model model = load(signature)) {
      assertThat(model.version()).isEqualTo(VERSION);
      assertThat(model.signature()).isEqualTo(signature);
    }
  }

  @Test
  void refusesBatchThatWouldBeReadPastItsEnd() throws Exception {
    try (Model model = loaded();
        ColumnBatch empty =
            ColumnBatch.allocate(allocator.get(), model.signature().inputColumns(), 1)) {
      ColumnSpec right = model.signature().inputs().get(0).column();
      int width = right.elementsPerRow();
      ColumnSpec narrow = new ColumnSpec(right.name(), right.type(), width - 1);
      ColumnSpec whole = new ColumnSpec(right.name(), ElementType.INT32, width);

      assertRefused(model, empty, "fraud:1.4.2: call with 0 rows (expected: >= 1)");
      assertRefused(
          model,
          List.of(narrow),
          "input '%s': %d elements of %s per row in the batch"
              .formatted(right.name(), width - 1, right.type().label()));
      assertRefused(
          model,
          List.of(whole),
          "input '%s': %d elements of int32 per row".formatted(right.name(), width));
      assertRefused(model, List.of(right, right), "fraud:1.4.2: call with 2 columns (expected: 1");
    }
  }

  private void assertRefused(Model model, List<ColumnSpec> columns, String message) {
    try (ColumnBatch batch = ColumnBatch.allocate(allocator.get(), columns, 1)) {
      batch.rows(1);
      assertRefused(model, batch, message);
    }
  }

  private void assertRefused(Model model, ColumnBatch batch, String message) {
    assertThatThrownBy(() -> model.predict(batch, allocator.get()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void saysThatTheAllocatorHasNoRoomForTheResultAndThenGoesOn() throws Exception {
    try (Model model = loaded();
        ColumnBatch input = input(model, 1000);
        BufferAllocator small = ColumnMemory.child("small", 1000)) {
      assertThatThrownBy(() -> model.predict(input, small))
          .isInstanceOf(ModelOutOfMemoryException.class)
          .hasMessageContaining("fraud:1.4.2: no memory for the result of 1000 rows");
      assertThat(small.getAllocatedMemory()).isZero();

      input.rows(1);
      model.predict(input, small).close();
    }
  }

  @Test
  void refusesCallsOnceClosedAndClosesTwice() throws Exception {
    Model model = loaded();
    model.close();
    model.close();

    try (ColumnBatch input = input(model, 1)) {
      assertThatThrownBy(() -> model.predict(input, allocator.get()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("fraud:1.4.2: closed");
    }
  }

  @Test
  void resultOutlivesTheNextCallAndTheModel() throws Exception {
    ColumnBatch result;
    byte[] before;
    try (Model model = loaded();
        ColumnBatch input = input(model, 4)) {
      result = model.predict(input, allocator.get());
      before = bytes(result);
      ByteBuffer memory = input.fixedWidth(0).bytes();
      for (int i = 0; i < memory.capacity(); i++) {
        memory.put(i, (byte) (i % 64));
      }
      model.predict(input, allocator.get()).close();
    }

    assertThat(bytes(result)).isEqualTo(before);
    result.close();
  }

  private static byte[] bytes(ColumnBatch batch) {
    byte[] bytes = new byte[batch.fixedWidth(0).bytes().capacity()];
    batch.fixedWidth(0).bytes().get(0, bytes);
    return bytes;
  }
}
