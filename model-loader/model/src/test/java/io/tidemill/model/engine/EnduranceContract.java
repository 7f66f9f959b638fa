package io.tidemill.model.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.Model;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.FixedWidthColumn;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the models of every engine bear: many threads, calls and loads, with the answers of a single
 * call and no memory left behind.
 */
public abstract class EnduranceContract {
  protected static final long MEBIBYTE = 1 << 20;
  private static final int THREADS = 8;
  private static final int INPUTS = 16;

  @TempDir protected Path directory;

  private final Engine engine;

  protected EnduranceContract(Engine engine) {
    this.engine = engine;
  }

  /** Writes a model of some kilobytes; its inputs and outputs are numbers. */
  protected abstract Signature writeSmall(Path folder) throws Exception;

  /** Writes a model of at least 4 MiB; its inputs and outputs are numbers. */
  protected abstract Signature writeLarge(Path folder) throws Exception;

  /** Calls a model again and again. */
  @FunctionalInterface
  protected interface Calls {
    void make(Model model, ColumnBatch input, BufferAllocator allocator, int times);
  }

  protected final Model load(Path folder, Signature signature) {
    return engine.load(ModelContract.VERSION, signature, folder, Placement.CPU);
  }

  @Test
  void answersManyThreadsThatCallTwoModelsAsItAnswersOne() throws Exception {
    Path forSmall = Files.createDirectory(directory.resolve("small"));
    Path forLarge = Files.createDirectory(directory.resolve("large"));
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (Model small = load(forSmall, writeSmall(forSmall));
        Model large = load(forLarge, writeLarge(forLarge))) {
      List<byte[]> bySmall = answers(small);
      List<byte[]> byLarge = answers(large);
      List<Future<?>> callers = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int caller = i;
        callers.add(
            threads.submit(
                () -> {
                  if (caller % 2 == 0) {
                    assertAnswers(small, bySmall, caller, 500);
                  } else {
                    assertAnswers(large, byLarge, caller, 50);
                  }
                }));
      }
      for (Future<?> caller : callers) {
        caller.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static List<byte[]> answers(Model model) {
    List<byte[]> answers = new ArrayList<>();
    for (int input = 0; input < INPUTS; input++) {
      answers.add(answer(model, input));
    }
    return answers;
  }

  private static void assertAnswers(Model model, List<byte[]> expected, int first, int calls) {
    for (int call = 0; call < calls; call++) {
      int input = (first + call) % INPUTS;
      assertThat(answer(model, input)).as("answer to %d", input).isEqualTo(expected.get(input));
    }
  }

  /** Of as many rows and such values as the number of the input says. */
  private static byte[] answer(Model model, int number) {
    int rows = 1 + number;
    try (BufferAllocator allocator = ColumnMemory.child("caller", Long.MAX_VALUE);
        ColumnBatch input =
            ColumnBatch.allocate(allocator, model.signature().inputColumns(), rows)) {
      for (int i = 0; i < input.columns(); i++) {
        fill(input.fixedWidth(i), rows, number);
      }
      input.rows(rows);
      try (ColumnBatch output = model.predict(input, allocator)) {
        assertThat(output.rows()).isEqualTo(rows);
        ByteBuffer memory = output.fixedWidth(0).bytes();
        byte[] bytes = new byte[memory.capacity()];
        memory.get(0, bytes);
        return bytes;
      }
    }
  }

  private static void fill(FixedWidthColumn column, int rows, int number) {
    for (int i = 0; i < rows * column.spec().elementsPerRow(); i++) {
      column.number(i, TypedValues.number(column.spec().type(), (31 * number + i) % 100));
    }
  }

  /** A leaked kilobyte per call would be 50 MiB. */
  @Test
  void callsLeaveNoMemoryBehind() throws Exception {
    try (Model model = load(directory, writeSmall(directory))) {
      assertLeaveNothing(model, 100, 25 * MEBIBYTE, 50_000, EnduranceContract::call);
    }
  }

  private static void call(Model model, ColumnBatch input, BufferAllocator allocator, int times) {
    for (int i = 0; i < times; i++) {
      input.rows(1 + i % 100);
      model.predict(input, allocator).close();
    }
  }

  /**
   * Fails where calls leave Arrow memory behind, or each time about so much of any other.
   *
   * @param rows that the input has room for
   */
  protected static void assertLeaveNothing(
      Model model, int rows, long bytes, int times, Calls calls) {
    try (BufferAllocator allocator = ColumnMemory.child("test", Long.MAX_VALUE);
        ColumnBatch input =
            ColumnBatch.allocate(allocator, model.signature().inputColumns(), rows)) {
      calls.make(model, input, allocator, 100);
      long arrow = allocator.getAllocatedMemory();

      ResidentMemory.assertGrowsLessThan(bytes, () -> calls.make(model, input, allocator, times));

      assertThat(allocator.getAllocatedMemory()).isEqualTo(arrow);
    }
  }

  /** 25 models left behind would be 100 MiB. */
  @Test
  void loadsAndUnloadsWithoutLeaking() throws Exception {
    Signature signature = writeLarge(directory);
    ResidentMemory.assertGrowsLessThan(50 * MEBIBYTE, () -> loadAndCall(signature, 25));
  }

  private void loadAndCall(Signature signature, int times) {
    for (int i = 0; i < times; i++) {
      try (Model model = load(directory, signature);
          BufferAllocator allocator = ColumnMemory.child("test", Long.MAX_VALUE);
          ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 1)) {
        input.rows(1);
        model.predict(input, allocator).close();
      }
    }
  }
}
