package io.tidemill.model.columnar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class StringColumnTest {
  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();

  private StringColumn column(int rows) {
    ColumnSpec spec = new ColumnSpec("texts", ElementType.STRING, 1);
    return StringColumn.allocate(allocator.get(), spec, rows);
  }

  private static void append(StringColumn column, String text) {
    byte[] bytes = ("<" + text).getBytes(UTF_8);
    column.append(bytes, 1, bytes.length - 1);
  }

  @Test
  void answersWhatWasAppended() {
    try (StringColumn column = column(3)) {
      append(column, "Zürich");
      append(column, "");
      append(column, "Genf");

      assertThat(column.get(0)).isEqualTo("Zürich".getBytes(UTF_8));
      assertThat(column.length(1)).isZero();
      assertThat(column.get(2)).isEqualTo("Genf".getBytes(UTF_8));
    }
  }

  @Test
  void growsWhenItsDataMust() {
    String longText = "x".repeat(100_000);
    try (StringColumn column = column(3)) {
      append(column, "first");
      append(column, longText);
      append(column, "last");

      assertThat(column.get(0)).isEqualTo("first".getBytes(UTF_8));
      assertThat(column.get(1)).isEqualTo(longText.getBytes(UTF_8));
      assertThat(column.get(2)).isEqualTo("last".getBytes(UTF_8));
    }
  }

  @Test
  void truncatingForgetsARowThatDidNotFit() {
    try (StringColumn column = column(2)) {
      append(column, "kept");
      append(column, "not");

      column.truncate(1);
      append(column, "next");

      assertThat(column.elements()).isEqualTo(2);
      assertThat(column.get(0)).isEqualTo("kept".getBytes(UTF_8));
      assertThat(column.get(1)).isEqualTo("next".getBytes(UTF_8));
    }
  }

  @Test
  void refusesMoreElementsThanItsRowsHave() {
    try (StringColumn column = column(1)) {
      append(column, "one");

      assertThatThrownBy(() -> append(column, "two"))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessage("rows of column 'texts': more than 1 (expected: <= its capacity)");
    }
  }

  @Test
  void refusesAnElementThatWasNotAppended() {
    try (StringColumn column = column(2)) {
      append(column, "one");

      assertThatThrownBy(() -> column.get(1))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessage("element of column 'texts': 1 (expected: 0 to 0)");
    }
  }

  @Test
  void resetMakesEveryRowWritableAgain() {
    try (StringColumn column = column(1)) {
      append(column, "first");
      column.reset();
      append(column, "second");

      assertThat(column.get(0)).isEqualTo("second".getBytes(UTF_8));
    }
  }

  @Test
  void refusesATypeOfFixedWidth() {
    ColumnSpec spec = new ColumnSpec("x", ElementType.INT32, 1);

    assertThatThrownBy(() -> StringColumn.allocate(allocator.get(), spec, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("type of column 'x': int32 (expected: string)");
  }
}
