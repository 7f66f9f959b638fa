package io.tidemill.model.columnar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ColumnBatchTest {
  private static final ColumnSpec NUMBERS = new ColumnSpec("numbers", ElementType.FLOAT32, 2);
  private static final ColumnSpec TEXTS = new ColumnSpec("texts", ElementType.STRING, 1);

  @RegisterExtension final CountingAllocator allocator = new CountingAllocator(1 << 20);

  @Test
  void countsTheRowsThatItIsTold() {
    try (ColumnBatch batch = ColumnBatch.allocate(allocator.get(), List.of(NUMBERS, TEXTS), 4)) {
      assertThat(batch.rows()).isZero();
      batch.rows(4);
      assertThat(batch.rows()).isEqualTo(4);
      batch.reset();
      assertThat(batch.rows()).isZero();
    }
  }

  @Test
  void refusesMoreRowsThanItHasMemoryFor() {
    try (ColumnBatch batch = ColumnBatch.allocate(allocator.get(), List.of(NUMBERS), 4)) {
      assertThatThrownBy(() -> batch.rows(5))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("rows: 5 (expected: 0 to 4)");
    }
  }

  @Test
  void allocatesEveryColumnOrNone() {
    ColumnSpec large = new ColumnSpec("large", ElementType.FLOAT64, 1 << 20);
    BufferAllocator memory = allocator.get();

    assertThatThrownBy(() -> ColumnBatch.allocate(memory, List.of(NUMBERS, TEXTS, large), 4))
        .isInstanceOf(OutOfMemoryException.class);
    assertThat(memory.getAllocatedMemory()).isZero();
  }

  @Test
  void refusesAColumnWithFewerRows() {
    try (FixedWidthColumn column = FixedWidthColumn.allocate(allocator.get(), NUMBERS, 2)) {
      assertThatThrownBy(() -> ColumnBatch.of(3, List.of(column)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("rows of column 'numbers': 2 (expected: >= 3)");
    }
  }

  @Test
  void closingTwiceGivesTheMemoryBackOnce() {
    ColumnBatch batch = ColumnBatch.allocate(allocator.get(), List.of(NUMBERS, TEXTS), 4);

    batch.close();
    batch.close();

    assertThat(allocator.get().getAllocatedMemory()).isZero();
  }
}
