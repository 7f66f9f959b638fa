package io.tidemill.model.columnar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import org.apache.arrow.memory.ArrowBuf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FixedWidthColumnTest {
  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();

  private FixedWidthColumn column(ElementType type) {
    return FixedWidthColumn.allocate(allocator.get(), new ColumnSpec("x", type, 2), 3);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "STRING")
  void beginsZeroedAndHoldsEveryRow(ElementType type) {
    try (FixedWidthColumn column = column(type)) {
      assertThat(column.bytes().capacity()).isEqualTo(6 * type.bytes());
      for (int i = 0; i < column.bytes().capacity(); i++) {
        assertThat(column.bytes().get(i)).isZero();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 100, 4_000, 1_000_000})
  void beginsAtAnAlignedAddressWhateverItsSize(int rows) {
    ColumnSpec spec = new ColumnSpec("x", ElementType.FLOAT32, 1);
    try (FixedWidthColumn first = FixedWidthColumn.allocate(allocator.get(), spec, rows);
        FixedWidthColumn second = FixedWidthColumn.allocate(allocator.get(), spec, rows)) {
      assertThat(first.address() % FixedWidthColumn.ALIGNMENT).isZero();
      assertThat(second.address() % FixedWidthColumn.ALIGNMENT).isZero();
    }
  }

  @Test
  void answersWhatWasPut() {
    try (FixedWidthColumn floats = column(ElementType.FLOAT32);
        FixedWidthColumn doubles = column(ElementType.FLOAT64);
        FixedWidthColumn ints = column(ElementType.INT32);
        FixedWidthColumn longs = column(ElementType.INT64);
        FixedWidthColumn bytes = column(ElementType.UINT8);
        FixedWidthColumn booleans = column(ElementType.BOOL)) {
      floats.setFloats(4, new float[] {9, 1.5f, -2, 9}, 1, 2);
      doubles.setDouble(5, Math.PI);
      ints.setInt(5, Integer.MIN_VALUE);
      longs.setLong(5, Long.MIN_VALUE);
      bytes.setByte(5, (byte) 200);
      booleans.setBoolean(5, true);

      assertThat(floats.getFloat(4)).isEqualTo(1.5f);
      assertThat(floats.getFloat(5)).isEqualTo(-2);
      assertThat(doubles.getDouble(5)).isEqualTo(Math.PI);
      assertThat(ints.getInt(5)).isEqualTo(Integer.MIN_VALUE);
      assertThat(longs.getLong(5)).isEqualTo(Long.MIN_VALUE);
      assertThat(bytes.getByte(5)).isEqualTo((byte) 200);
      assertThat(booleans.getBoolean(5)).isTrue();
      assertThat(booleans.getBoolean(4)).isFalse();
    }
  }

  @Test
  void roundsToTheNearestOfHalfPrecision() {
    try (FixedWidthColumn halves = column(ElementType.FLOAT16);
        FixedWidthColumn brains = column(ElementType.BFLOAT16)) {
      float[][] cases = {
        // Given, as float16, as bfloat16.
        {0.1f, 0.099975586f, 0.100097656f},
        {1 + 1 / 256f, 1 + 1 / 256f, 1},
        {1 + 3 / 256f, 1 + 3 / 256f, 1 + 4 / 256f},
        {-70_000, Float.NEGATIVE_INFINITY, -70_144},
        {0x1p-130f, 0, 0x1p-130f},
        {Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY},
        {Float.NaN, Float.NaN, Float.NaN},
      };
      for (float[] one : cases) {
        halves.setHalf(5, one[0]);
        brains.number(5, one[0]);

        assertThat(halves.number(5)).isEqualTo(one[1]);
        assertThat(brains.number(5)).isEqualTo(one[2]);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "INT8, -128, 127",
    "INT16, -32768, 32767",
    "UINT8, 0, 255",
    "UINT16, 0, 65535",
    "UINT32, 0, 4294967295",
    "UINT64, 0, 18446744073709551615"
  })
  void holdsTheLeastAndTheMostOfWholeNumbers(ElementType type, String least, String most) {
    try (FixedWidthColumn column = column(type)) {
      column.number(4, new BigInteger(least));
      column.number(5, new BigInteger(most));

      assertThat(column.number(4)).hasToString(least);
      assertThat(column.number(5)).hasToString(most);
      assertThatThrownBy(() -> column.number(5, new BigInteger(most).add(BigInteger.ONE)))
          .hasMessageEndingWith("for %s (expected: %s to %s)".formatted(type.label(), least, most));
    }
  }

  @Test
  void refusesAnElementOutsideItsRows() {
    try (FixedWidthColumn column = column(ElementType.FLOAT32)) {
      assertThatThrownBy(() -> column.setFloat(6, 1)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> column.getFloat(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void refusesStrings() {
    assertThatThrownBy(() -> column(ElementType.STRING))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("type of column 'x': string (expected: a type of fixed width)");
  }

  @Test
  void refusesTwoGibibytes() {
    ColumnSpec spec = new ColumnSpec("x", ElementType.FLOAT64, 1 << 20);

    assertThatThrownBy(() -> FixedWidthColumn.allocate(allocator.get(), spec, 256))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "rows of column 'x': 256 of 8388608 bytes each (expected: >= 0 and below 2 GiB in all)");
  }

  @Test
  void refusesABufferThatIsTooSmallAndLeavesItToTheCaller() {
    ColumnSpec spec = new ColumnSpec("x", ElementType.FLOAT32, 2);
    try (ArrowBuf buffer = allocator.get().buffer(16)) {
      assertThatThrownBy(() -> FixedWidthColumn.wrap(spec, 3, buffer))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("buffer of column 'x': 16 bytes (expected: >= 24 for 3 rows)");
    }
  }

  @Test
  void ownsTheBufferThatItWraps() {
    ColumnSpec spec = new ColumnSpec("x", ElementType.FLOAT32, 1);
    ArrowBuf buffer = allocator.get().buffer(16);
    buffer.setFloat(8, 2.5f);

    try (FixedWidthColumn column = FixedWidthColumn.wrap(spec, 3, buffer)) {
      assertThat(column.getFloat(2)).isEqualTo(2.5f);
    }
    assertThat(allocator.get().getAllocatedMemory()).isZero();
  }
}
