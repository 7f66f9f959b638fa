package io.tidemill.inference.codec;

import static io.tidemill.inference.codec.Tensors.TO_PREDICTION;
import static io.tidemill.inference.codec.Tensors.elements;
import static io.tidemill.inference.codec.Tensors.ofInputs;
import static io.tidemill.inference.codec.Tensors.row;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.data.columnar.vector.heap.AbstractHeapVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapArrayVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapDoubleVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapFloatVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapIntVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapLongVector;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.InstantiationUtil;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RowEncoderTest {
  private static final LogicalType BYTES = new VarBinaryType(VarBinaryType.MAX_LENGTH);
  private static final LogicalType STRING = VarCharType.STRING_TYPE;

  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();

  private static RecordEncoder<RowData> encoder(
      RowType record, Signature signature, Map<String, List<String>> inputs) {
    return encoder(record, signature, inputs, false);
  }

  private static RecordEncoder<RowData> encoder(
      RowType record, Signature signature, Map<String, List<String>> inputs, boolean nanForNull) {
    RecordEncoder<RowData> planned =
        RowBinding.plan(record, signature, inputs, TO_PREDICTION, nanForNull).encoder();
    try {
      // As every worker gets it.
      return InstantiationUtil.clone(planned);
    } catch (IOException | ClassNotFoundException e) {
      throw new AssertionError("encoder does not serialize", e);
    }
  }

  private static RecordEncoder<RowData> encoder(RowType record, TensorSpec tensor) {
    return encoder(record, ofInputs(tensor), Map.of(tensor.name(), record.getFieldNames()));
  }

  private ColumnBatch columns(TensorSpec... tensors) {
    return ColumnBatch.allocate(allocator.get(), ofInputs(tensors).inputColumns(), 4);
  }

  private static RowData binary(RowType type, RowData row) {
    return new RowDataSerializer(type).toBinaryRow(row).copy();
  }

  private static UnfitRecordException refusal(
      RecordEncoder<RowData> encoder, RowData record, ColumnBatch columns, int row) {
    return catchThrowableOfType(
        UnfitRecordException.class, () -> encoder.encode(record, columns, row));
  }

  static Stream<Arguments> scalars() {
    RowType integers =
        row(
            "b",
            new BooleanType(),
            "t",
            new TinyIntType(),
            "s",
            new SmallIntType(),
            "i",
            new IntType());
    RowType longs =
        row(
            "b",
            new BooleanType(),
            "t",
            new TinyIntType(),
            "s",
            new SmallIntType(),
            "i",
            new IntType(),
            "l",
            new BigIntType());
    RowType numbers =
        row(
            "b",
            new BooleanType(),
            "t",
            new TinyIntType(),
            "s",
            new SmallIntType(),
            "i",
            new IntType(),
            "l",
            new BigIntType(),
            "f",
            new FloatType(),
            "d",
            new DoubleType(),
            "m",
            new DecimalType(10, 2));
    DecimalData decimal = DecimalData.fromBigDecimal(new BigDecimal("-8.75"), 10, 2);
    RowData number =
        GenericRowData.of(true, (byte) -2, (short) 300, -70_000, 1L << 40, 6.5f, 7.1, decimal);
    return Stream.of(
        Arguments.of(
            ElementType.FLOAT32,
            numbers,
            number,
            List.of(1f, -2f, 300f, -70_000f, (float) (1L << 40), 6.5f, 7.1f, -8.75f)),
        Arguments.of(
            ElementType.FLOAT32,
            row("f", new FloatType(false), "g", new FloatType(), "h", new FloatType(false)),
            GenericRowData.of(6.5f, -0.25f, Float.MIN_VALUE),
            List.of(6.5f, -0.25f, Float.MIN_VALUE)),
        Arguments.of(
            ElementType.FLOAT64,
            numbers,
            number,
            List.of(1d, -2d, 300d, -70_000d, (double) (1L << 40), 6.5, 7.1, -8.75)),
        Arguments.of(
            ElementType.INT32,
            integers,
            GenericRowData.of(false, (byte) -2, (short) 300, Integer.MIN_VALUE),
            List.of(0, -2, 300, Integer.MIN_VALUE)),
        Arguments.of(
            ElementType.INT64,
            longs,
            GenericRowData.of(true, (byte) 127, (short) -300, 70_000, Long.MIN_VALUE),
            List.of(1L, 127L, -300L, 70_000L, Long.MIN_VALUE)),
        Arguments.of(
            ElementType.BOOL,
            row("a", new BooleanType(), "b", new BooleanType()),
            GenericRowData.of(true, false),
            List.of(true, false)),
        Arguments.of(
            ElementType.FLOAT16,
            row("f", new FloatType(), "i", new IntType()),
            GenericRowData.of(0.1f, -3),
            List.of(0.099975586f, -3f)),
        Arguments.of(
            ElementType.BFLOAT16,
            row("d", new DoubleType(), "t", new TinyIntType()),
            GenericRowData.of(0.1, (byte) -3),
            List.of(0.100097656f, -3f)),
        Arguments.of(
            ElementType.INT8,
            row("b", new BooleanType(), "t", new TinyIntType()),
            GenericRowData.of(true, Byte.MIN_VALUE),
            List.of(1L, -128L)),
        Arguments.of(
            ElementType.INT16,
            row("t", new TinyIntType(), "s", new SmallIntType()),
            GenericRowData.of((byte) -2, Short.MIN_VALUE),
            List.of(-2L, -32_768L)),
        Arguments.of(
            ElementType.UINT8,
            row("s", new SmallIntType(), "l", new BigIntType()),
            GenericRowData.of((short) 2, 255L),
            List.of(2, 255)),
        Arguments.of(
            ElementType.UINT16,
            row("s", new SmallIntType(), "i", new IntType()),
            GenericRowData.of((short) 300, 65_535),
            List.of(300L, 65_535L)),
        Arguments.of(
            ElementType.UINT32,
            row("i", new IntType(), "l", new BigIntType()),
            GenericRowData.of(70_000, 4_294_967_295L),
            List.of(70_000L, 4_294_967_295L)),
        Arguments.of(
            ElementType.UINT64,
            row("i", new IntType(), "l", new BigIntType()),
            GenericRowData.of(70_000, Long.MAX_VALUE),
            List.of(70_000L, Long.MAX_VALUE)),
        Arguments.of(
            ElementType.STRING,
            row("a", STRING, "b", BYTES),
            GenericRowData.of(StringData.fromString("größer"), "raw".getBytes(UTF_8)),
            List.of("größer", "raw")));
  }

  @ParameterizedTest
  @MethodSource("scalars")
  void scalarsLandSideBySide(
      ElementType type, RowType record, RowData values, List<Object> expected) {
    TensorSpec tensor = TensorSpec.of("x", type, -1, record.getFieldCount());
    RecordEncoder<RowData> encoder = encoder(record, tensor);

    try (ColumnBatch columns = columns(tensor)) {
      assertThat(encoder.encode(values, columns, 0)).isTrue();
      assertThat(encoder.encode(binary(record, values), columns, 1)).isTrue();

      assertThat(elements(columns, 0, 0)).isEqualTo(expected);
      assertThat(elements(columns, 0, 1)).isEqualTo(expected);
    }
  }

  @Test
  void numbersAreRoundedToTheNearestFloatAtOnce() {
    // A little above the middle of two floats, and on it once rounded to a double.
    long number = (1L << 60) + (1L << 36) + 1;
    float nearest = (1L << 60) + (1L << 37);
    RowType scalars = row("l", new BigIntType(), "d", new DecimalType(20, 0));
    RowType array = row("a", new ArrayType(new BigIntType()));
    TensorSpec tensor = TensorSpec.of("x", ElementType.FLOAT32, -1, 2);
    RowData record =
        GenericRowData.of(number, DecimalData.fromBigDecimal(BigDecimal.valueOf(number), 20, 0));
    RowData ofArray = GenericRowData.of(new GenericArrayData(new long[] {number, number}));

    try (ColumnBatch columns = columns(tensor)) {
      encoder(scalars, tensor).encode(record, columns, 0);
      encoder(array, tensor).encode(ofArray, columns, 1);

      assertThat(elements(columns, 0, 0)).containsExactly(nearest, nearest);
      assertThat(elements(columns, 0, 1)).containsExactly(nearest, nearest);
    }
  }

  @Test
  void fieldsLandInTheOrderOfTheBinding() {
    TensorSpec tensor = TensorSpec.of("x", ElementType.INT32, -1, 2);
    RecordEncoder<RowData> encoder =
        encoder(
            row("a", new IntType(), "b", new IntType(), "c", new IntType()),
            ofInputs(tensor),
            Map.of("x", List.of("c", "a")));

    try (ColumnBatch columns = columns(tensor)) {
      encoder.encode(GenericRowData.of(1, 2, 3), columns, 0);
      encoder.encode(GenericRowData.of(4, 5, 6), columns, 1);

      assertThat(elements(columns, 0, 0)).containsExactly(3, 1);
      assertThat(elements(columns, 0, 1)).containsExactly(6, 4);
    }
  }

  @Test
  void timesAreTheirMilliseconds() {
    RowType record =
        row(
            "date",
            new DateType(),
            "time",
            new TimeType(3),
            "local",
            new TimestampType(9),
            "instant",
            new LocalZonedTimestampType(3));
    TensorSpec tensor = TensorSpec.of("x", ElementType.INT64, -1, 4);
    TimestampData before =
        TimestampData.fromInstant(Instant.parse("1969-12-31T23:59:58.123456789Z"));
    RowData values =
        GenericRowData.of(
            -1, 86_399_999, before, TimestampData.fromEpochMillis(1_700_000_000_123L));

    try (ColumnBatch columns = columns(tensor)) {
      encoder(record, tensor).encode(values, columns, 0);
      encoder(record, tensor).encode(binary(record, values), columns, 1);

      for (int row = 0; row < 2; row++) {
        assertThat(elements(columns, 0, row))
            .containsExactly(-86_400_000L, 86_399_999L, -1_877L, 1_700_000_000_123L);
      }
    }
  }

  @Test
  void fieldsInsideOfFieldsAreInputs() {
    RowType item = row("price", new FloatType(), "weights", new ArrayType(new FloatType()));
    RowType record =
        row(
            "a.b",
            new FloatType(),
            "pay",
            row("amount", new DoubleType(), "in", item),
            "items",
            new ArrayType(item),
            "tags",
            new MapType(STRING, new IntType()));
    TensorSpec scalars = TensorSpec.of("scalars", ElementType.FLOAT32, -1, 5);
    TensorSpec array = TensorSpec.of("array", ElementType.FLOAT32, -1, 2);
    RecordEncoder<RowData> encoder =
        encoder(
            record,
            ofInputs(scalars, array),
            Map.of(
                "scalars",
                List.of("a.b", "pay.amount", "pay.in.price", "items[1].price", "tags['a b.c']"),
                "array",
                List.of("items[0].weights")),
            true);
    RowData first = GenericRowData.of(3f, new GenericArrayData(new float[] {7, 8}));
    RowData second = GenericRowData.of(4f, null);
    RowData whole =
        GenericRowData.of(
            1f,
            GenericRowData.of(2d, first),
            new GenericArrayData(new Object[] {first, second}),
            new GenericMapData(Map.of(StringData.fromString("a b.c"), 5)));
    RowData sparse =
        GenericRowData.of(
            1f, null, new GenericArrayData(new Object[] {second}), new GenericMapData(Map.of()));

    try (ColumnBatch columns = columns(scalars, array)) {
      encoder.encode(whole, columns, 0);
      encoder.encode(binary(record, whole), columns, 1);
      encoder.encode(sparse, columns, 2);

      for (int row = 0; row < 2; row++) {
        assertThat(elements(columns, 0, row)).containsExactly(1f, 2f, 3f, 4f, 5f);
        assertThat(elements(columns, 1, row)).containsExactly(7f, 8f);
      }
      float nan = Float.NaN;
      assertThat(elements(columns, 0, 2)).containsExactly(1f, nan, nan, nan, nan);
      assertThat(elements(columns, 1, 2)).containsExactly(nan, nan);
    }
  }

  @Test
  void nullOnTheWayIsANullInputOfThatName() {
    RowType record = row("pay", row("amount", new FloatType(false)));
    TensorSpec tensor = TensorSpec.of("x", ElementType.FLOAT32, -1);

    try (ColumnBatch columns = columns(tensor)) {
      UnfitRecordException refusal =
          refusal(
              encoder(record, ofInputs(tensor), Map.of("x", List.of("pay.amount"))),
              GenericRowData.of((Object) null),
              columns,
              0);

      assertThat(refusal.isNullInput()).isTrue();
      assertThat(refusal).hasMessageContaining("'pay.amount'");
    }
  }

  @Test
  void everyTensorGetsItsOwnFields() {
    TensorSpec numbers = TensorSpec.of("numbers", ElementType.FLOAT32, -1);
    TensorSpec names = TensorSpec.of("names", ElementType.STRING, -1);
    RowType record = row("name", STRING, "number", new DoubleType());
    RecordEncoder<RowData> encoder =
        encoder(
            record,
            ofInputs(numbers, names),
            Map.of("names", List.of("name"), "numbers", List.of("number")));

    try (ColumnBatch columns = columns(numbers, names)) {
      encoder.encode(GenericRowData.of(StringData.fromString("n"), 0.5), columns, 0);

      assertThat(elements(columns, 0, 0)).containsExactly(0.5f);
      assertThat(elements(columns, 1, 0)).containsExactly("n");
    }
  }

  static Stream<Arguments> arrays() {
    DecimalData decimal = DecimalData.fromBigDecimal(new BigDecimal("0.25"), 5, 2);
    List<Object> floats = List.of(1f, -2f);
    List<Object> doubles = List.of(1d, -2d);
    return Stream.of(
        array(ElementType.FLOAT32, new FloatType(), floats, new float[] {1, -2}, 1f, -2f),
        array(ElementType.FLOAT32, new DoubleType(), floats, new double[] {1, -2}, 1d, -2d),
        array(ElementType.FLOAT32, new IntType(), floats, new int[] {1, -2}, 1, -2),
        array(ElementType.FLOAT32, new BigIntType(), floats, new long[] {1, -2}, 1L, -2L),
        array(
            ElementType.FLOAT32,
            new SmallIntType(),
            floats,
            new short[] {1, -2},
            (short) 1,
            (short) -2),
        array(
            ElementType.FLOAT32,
            new TinyIntType(),
            floats,
            new byte[] {1, -2},
            (byte) 1,
            (byte) -2),
        array(
            ElementType.FLOAT32,
            new BooleanType(),
            List.of(1f, 0f),
            new boolean[] {true, false},
            true,
            false),
        array(
            ElementType.FLOAT32,
            new DecimalType(5, 2),
            List.of(0.25f, 0.25f),
            null,
            decimal,
            decimal),
        array(ElementType.FLOAT64, new DoubleType(), doubles, new double[] {1, -2}, 1d, -2d),
        array(ElementType.FLOAT64, new FloatType(), doubles, new float[] {1, -2}, 1f, -2f),
        array(ElementType.FLOAT64, new BigIntType(), doubles, new long[] {1, -2}, 1L, -2L),
        array(ElementType.INT32, new IntType(), List.of(1, -2), new int[] {1, -2}, 1, -2),
        array(
            ElementType.INT32,
            new SmallIntType(),
            List.of(1, -2),
            new short[] {1, -2},
            (short) 1,
            (short) -2),
        array(ElementType.INT64, new BigIntType(), List.of(1L, -2L), new long[] {1, -2}, 1L, -2L),
        array(ElementType.INT64, new IntType(), List.of(1L, -2L), new int[] {1, -2}, 1, -2),
        array(
            ElementType.BOOL,
            new BooleanType(),
            List.of(true, false),
            new boolean[] {true, false},
            true,
            false),
        array(
            ElementType.STRING,
            STRING,
            List.of("é", ""),
            null,
            StringData.fromString("é"),
            StringData.fromString("")),
        array(
            ElementType.STRING,
            BYTES,
            List.of("a", "bc"),
            null,
            "a".getBytes(UTF_8),
            "bc".getBytes(UTF_8)),
        array(
            ElementType.FLOAT16,
            new FloatType(),
            List.of(1.5f, 0.099975586f),
            new float[] {1.5f, 0.1f},
            1.5f,
            0.1f),
        array(
            ElementType.BFLOAT16,
            new DoubleType(),
            List.of(1.5f, 0.100097656f),
            new double[] {1.5, 0.1},
            1.5,
            0.1),
        array(
            ElementType.INT8,
            new TinyIntType(),
            List.of(-1L, 2L),
            new byte[] {-1, 2},
            (byte) -1,
            (byte) 2),
        array(
            ElementType.INT16,
            new SmallIntType(),
            List.of(-300L, 2L),
            new short[] {-300, 2},
            (short) -300,
            (short) 2),
        array(ElementType.UINT8, new IntType(), List.of(255, 0), new int[] {255, 0}, 255, 0),
        array(
            ElementType.UINT16,
            new IntType(),
            List.of(65_535L, 0L),
            new int[] {65_535, 0},
            65_535,
            0),
        array(
            ElementType.UINT32,
            new BigIntType(),
            List.of(4_294_967_295L, 0L),
            new long[] {4_294_967_295L, 0},
            4_294_967_295L,
            0L),
        array(
            ElementType.UINT64,
            new BigIntType(),
            List.of(Long.MAX_VALUE, 0L),
            new long[] {Long.MAX_VALUE, 0},
            Long.MAX_VALUE,
            0L));
  }

  @ParameterizedTest
  @CsvSource({
    "UINT8, 256, 255",
    "UINT16, 65536, 65535",
    "UINT32, 4294967296, 4294967295",
    "UINT64, -1, 18446744073709551615"
  })
  void refusesNumberThatAnUnsignedTensorDoesNotHold(ElementType type, long number, String most) {
    RowType record = row("n", new BigIntType());
    TensorSpec tensor = TensorSpec.of("x", type, -1);
    RecordEncoder<RowData> encoder = encoder(record, tensor);

    try (ColumnBatch columns = columns(tensor)) {
      assertThatThrownBy(() -> encoder.encode(GenericRowData.of(number), columns, 0))
          .isInstanceOf(UnfitRecordException.class)
          .hasMessage(
              "field 'n': %d (expected: 0 to %s, as %s has them)"
                  .formatted(number, most, type.label()));
    }
  }

  private static Arguments array(
      ElementType tensor,
      LogicalType element,
      List<Object> expected,
      @Nullable Object primitive,
      Object... boxed) {
    return Arguments.of(tensor, element, expected, primitive, new GenericArrayData(boxed));
  }

  @ParameterizedTest
  @MethodSource("arrays")
  void arraysLandWhole(
      ElementType type,
      LogicalType element,
      List<Object> expected,
      @Nullable Object primitive,
      GenericArrayData boxed) {
    RowType record = row("before", new IntType(), "array", new ArrayType(element));
    TensorSpec tensor = TensorSpec.of("x", type, -1, 2);
    RecordEncoder<RowData> encoder =
        encoder(record, ofInputs(tensor), Map.of("x", List.of("array")));
    RowData ofBoxed = GenericRowData.of(7, boxed);

    try (ColumnBatch columns = columns(tensor)) {
      encoder.encode(ofBoxed, columns, 0);
      encoder.encode(binary(record, ofBoxed), columns, 1);
      assertThat(elements(columns, 0, 0)).isEqualTo(expected);
      assertThat(elements(columns, 0, 1)).isEqualTo(expected);

      if (primitive != null) {
        encoder.encode(GenericRowData.of(7, primitive(primitive)), columns, 2);
        assertThat(elements(columns, 0, 2)).isEqualTo(expected);
      }
    }
  }

  private static GenericArrayData primitive(Object array) {
    if (array instanceof float[] values) {
      return new GenericArrayData(values);
    } else if (array instanceof double[] values) {
      return new GenericArrayData(values);
    } else if (array instanceof int[] values) {
      return new GenericArrayData(values);
    } else if (array instanceof long[] values) {
      return new GenericArrayData(values);
    } else if (array instanceof short[] values) {
      return new GenericArrayData(values);
    } else if (array instanceof byte[] values) {
      return new GenericArrayData(values);
    }
    return new GenericArrayData((boolean[]) array);
  }

  @Test
  void bytesLandAsUnsignedBytes() {
    RowType record = row("pixels", BYTES);
    TensorSpec tensor = TensorSpec.of("x", ElementType.UINT8, -1, 3);
    RecordEncoder<RowData> encoder = encoder(record, tensor);
    RowData pixels = GenericRowData.of((Object) new byte[] {0, -1, 127});

    try (ColumnBatch columns = columns(tensor)) {
      encoder.encode(pixels, columns, 0);
      encoder.encode(binary(record, pixels), columns, 1);

      assertThat(elements(columns, 0, 0)).containsExactly(0, 255, 127);
      assertThat(elements(columns, 0, 1)).containsExactly(0, 255, 127);
    }
  }

  @Test
  void deletionsAreNotScored() {
    TensorSpec tensor = TensorSpec.of("x", ElementType.STRING, -1);
    RecordEncoder<RowData> encoder = encoder(row("a", STRING), tensor);
    GenericRowData deletion = GenericRowData.ofKind(RowKind.DELETE, (Object) null);

    try (ColumnBatch columns = columns(tensor)) {
      assertThat(encoder.encode(deletion, columns, 0)).isFalse();
      assertThat(columns.strings(0).elements()).isZero();
      assertThat(encoder.bytes(deletion)).isZero();
    }
  }

  @Test
  void nullScalarIsANullInput() {
    RowType record = row("a", new FloatType(), "b", new FloatType());
    TensorSpec tensor = TensorSpec.of("x", ElementType.FLOAT32, -1, 2);
    RecordEncoder<RowData> encoder = encoder(record, tensor);
    RowData withNull = GenericRowData.of(1f, null);

    try (ColumnBatch columns = columns(tensor)) {
      for (RowData record0 : List.of(withNull, binary(record, withNull))) {
        UnfitRecordException refusal = refusal(encoder, record0, columns, 0);
        assertThat(refusal.isNullInput()).isTrue();
        assertThat(refusal.problem()).isEqualTo("input 'b': null (expected: a value)");
        assertThat(refusal).hasMessage(refusal.problem()).hasNoCause();
        assertThat(refusal.getStackTrace()).isEmpty();
      }
    }
  }

  static Stream<Arguments> floats() {
    return Stream.of(ElementType.FLOAT32, ElementType.FLOAT64)
        .flatMap(
            type ->
                Stream.of(new FloatType(), new DoubleType(), new IntType())
                    .map(field -> Arguments.of(type, field)));
  }

  @ParameterizedTest
  @MethodSource("floats")
  void nullIsNanWhereTheStepSaysSo(ElementType type, LogicalType field) {
    RowType scalars = row("a", field, "b", field);
    RowType array = row("array", new ArrayType(field));
    TensorSpec tensor = TensorSpec.of("x", type, -1, 2);
    Object two = field instanceof FloatType ? 2f : field instanceof DoubleType ? 2d : (Object) 2;
    RowData half = GenericRowData.of(null, two);
    RowData halfArray = GenericRowData.of(new GenericArrayData(new Object[] {null, two}));

    for (RowData record : List.of(half, binary(scalars, half))) {
      assertThat(floats(scalars, tensor, record)).containsExactly(Double.NaN, 2);
    }
    for (RowData record : List.of(halfArray, binary(array, halfArray))) {
      assertThat(floats(array, tensor, record)).containsExactly(Double.NaN, 2);
    }
    assertThat(floats(array, tensor, GenericRowData.of((Object) null)))
        .containsExactly(Double.NaN, Double.NaN);
    assertThat(floats(scalars, tensor, GenericRowData.of(two, two))).containsExactly(2, 2);
  }

  @Test
  void numbersBesideANullAreRoundedToTheNearestFloatAtOnceToo() {
    // As above: by way of a double it would end at the next float.
    long number = (1L << 60) + (1L << 36) + 1;
    float nearest = (1L << 60) + (1L << 37);
    RowType scalars = row("a", new BigIntType(), "b", new BigIntType());
    RowType array = row("array", new ArrayType(new BigIntType()));
    TensorSpec tensor = TensorSpec.of("x", ElementType.FLOAT32, -1, 2);
    RowData ofArray = GenericRowData.of(new GenericArrayData(new Object[] {null, number}));

    assertThat(floats(scalars, tensor, GenericRowData.of(null, number)))
        .containsExactly(Double.NaN, nearest);
    assertThat(floats(array, tensor, ofArray)).containsExactly(Double.NaN, nearest);
  }

  /** What a step with NaN for nulls writes of one record. */
  private double[] floats(RowType record, TensorSpec tensor, RowData row) {
    try (ColumnBatch columns = columns(tensor)) {
      encoder(record, ofInputs(tensor), Map.of("x", record.getFieldNames()), true)
          .encode(row, columns, 1);
      FixedWidthColumn column = columns.fixedWidth(0);
      return tensor.type() == ElementType.FLOAT32
          ? new double[] {column.getFloat(2), column.getFloat(3)}
          : new double[] {column.getDouble(2), column.getDouble(3)};
    }
  }

  /** Wherever they begin, and more of them than are written field by field at a time. */
  @ParameterizedTest
  @CsvSource({"0, 1000, false", "0, 256, true", "300, 513, true"})
  void columnsAreEncodedAsTheirRowsAre(int from, int count, boolean nanForNull) {
    RowType record = row("a", new FloatType(), "b", new FloatType(), "c", new FloatType());
    TensorSpec tensor = TensorSpec.of("x", ElementType.FLOAT32, -1, 3);
    HeapFloatVector[] vectors = new HeapFloatVector[3];
    for (int field = 0; field < vectors.length; field++) {
      vectors[field] = new HeapFloatVector(1000);
      for (int row = 0; row < 1000; row++) {
        vectors[field].setFloat(row, row * 3 + field);
      }
    }
    if (nanForNull) {
      vectors[1].setNullAt(from + count - 1);
    }
    VectorizedColumnBatch all = new VectorizedColumnBatch(vectors);
    all.setNumRows(1000);
    ColumnRows rows = ColumnRows.of(all).subList(from, from + count);
    RecordEncoder<RowData> encoder =
        encoder(record, ofInputs(tensor), Map.of("x", record.getFieldNames()), nanForNull);

    try (ColumnBatch together =
            ColumnBatch.allocate(allocator.get(), ofInputs(tensor).inputColumns(), 1000);
        ColumnBatch oneByOne =
            ColumnBatch.allocate(allocator.get(), ofInputs(tensor).inputColumns(), 1000)) {
      assertThat(encoder.encodeAll(List.copyOf(rows), together)).isFalse();
      assertThat(encoder.encodeAll(rows, together)).isTrue();
      for (int i = 0; i < count; i++) {
        encoder.encode(rows.get(i), oneByOne, i);
        assertThat(elements(together, 0, i)).isEqualTo(elements(oneByOne, 0, i));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"FLOAT64, DOUBLE", "INT32, INT", "INT64, BIGINT"})
  void columnsOfTheTensorsOwnTypeAreEncodedAsTheirRowsAre(ElementType type, String declared) {
    LogicalType field = LogicalTypeParser.parse(declared, getClass().getClassLoader());
    RowType record = row("a", field, "b", field);
    TensorSpec tensor = TensorSpec.of("x", type, -1, 2);
    HeapIntVector ints = new HeapIntVector(100);
    HeapLongVector longs = new HeapLongVector(100);
    HeapDoubleVector doubles = new HeapDoubleVector(100);
    for (int i = 0; i < 100; i++) {
      ints.setInt(i, Integer.MIN_VALUE + i);
      longs.setLong(i, Long.MAX_VALUE - i);
      doubles.setDouble(i, i / 3d);
    }
    AbstractHeapVector vector =
        type == ElementType.INT32 ? ints : type == ElementType.INT64 ? longs : doubles;
    VectorizedColumnBatch all = new VectorizedColumnBatch(new ColumnVector[] {vector, vector});
    all.setNumRows(100);
    ColumnRows rows = ColumnRows.of(all).subList(40, 90);
    RecordEncoder<RowData> encoder =
        encoder(record, ofInputs(tensor), Map.of("x", record.getFieldNames()), false);

    try (ColumnBatch together =
            ColumnBatch.allocate(allocator.get(), ofInputs(tensor).inputColumns(), 100);
        ColumnBatch oneByOne =
            ColumnBatch.allocate(allocator.get(), ofInputs(tensor).inputColumns(), 100)) {
      assertThat(encoder.encodeAll(rows, together)).isTrue();
      for (int i = 0; i < 50; i++) {
        encoder.encode(rows.get(i), oneByOne, i);
        assertThat(elements(together, 0, i)).isEqualTo(elements(oneByOne, 0, i));
      }
      vector.setNullAt(89);
      assertThat(encoder.encodeAll(rows, together)).isFalse();
    }
  }

  @Test
  void columnsWithANullThatIsRefusedAreLeftToTheirRows() {
    RowType record = row("a", new FloatType());
    TensorSpec tensor = TensorSpec.of("x", ElementType.FLOAT32, -1, 1);
    HeapFloatVector vector = new HeapFloatVector(4);
    vector.setNullAt(2);
    VectorizedColumnBatch all = new VectorizedColumnBatch(new HeapFloatVector[] {vector});
    all.setNumRows(4);

    try (ColumnBatch columns = columns(tensor)) {
      assertThat(encoder(record, tensor).encodeAll(ColumnRows.of(all), columns)).isFalse();
    }
  }

  /** Lists of three in rows 0 to 99, with gaps between them, and the elements that are null. */
  private static VectorizedColumnBatch lists(int... nulls) {
    HeapFloatVector elements = new HeapFloatVector(400);
    HeapArrayVector lists = new HeapArrayVector(100, elements);
    for (int i = 0; i < 400; i++) {
      elements.setFloat(i, i / 3f);
    }
    for (int row = 0; row < 100; row++) {
      lists.getOffsets()[row] = 4L * row;
      lists.getLengths()[row] = 3;
    }
    for (int index : nulls) {
      elements.setNullAt(index);
    }
    VectorizedColumnBatch all = new VectorizedColumnBatch(new ColumnVector[] {lists});
    all.setNumRows(100);
    return all;
  }

  private static final RowType OF_LISTS = row("array", new ArrayType(new FloatType()));
  private static final TensorSpec OF_THREE = TensorSpec.of("x", ElementType.FLOAT32, -1, 3);

  @ParameterizedTest
  @CsvSource({"0, 100, false", "40, 50, false", "40, 50, true"})
  void listsAreEncodedAsTheirRowsAre(int from, int count, boolean nanForNull) {
    VectorizedColumnBatch all = nanForNull ? lists(4 * (from + 7) + 1) : lists();
    ColumnRows rows = ColumnRows.of(all).subList(from, from + count);
    RecordEncoder<RowData> encoder =
        encoder(OF_LISTS, ofInputs(OF_THREE), Map.of("x", List.of("array")), nanForNull);

    try (ColumnBatch together =
            ColumnBatch.allocate(allocator.get(), ofInputs(OF_THREE).inputColumns(), 100);
        ColumnBatch oneByOne =
            ColumnBatch.allocate(allocator.get(), ofInputs(OF_THREE).inputColumns(), 100)) {
      assertThat(encoder.encodeAll(rows, together)).isTrue();
      for (int i = 0; i < count; i++) {
        encoder.encode(rows.get(i), oneByOne, i);
        assertThat(elements(together, 0, i)).isEqualTo(elements(oneByOne, 0, i));
      }
    }
  }

  @Test
  void listsOfWhichOneDoesNotFitAreLeftToTheirRows() {
    VectorizedColumnBatch ofNull = lists();
    ((HeapArrayVector) ofNull.columns[0]).setNullAt(99);
    VectorizedColumnBatch ofOtherLength = lists();
    ((HeapArrayVector) ofOtherLength.columns[0]).getLengths()[99] = 2;

    try (ColumnBatch columns =
        ColumnBatch.allocate(allocator.get(), ofInputs(OF_THREE).inputColumns(), 100)) {
      for (VectorizedColumnBatch all : List.of(ofNull, ofOtherLength, lists(4 * 99 + 2))) {
        assertThat(encoder(OF_LISTS, OF_THREE).encodeAll(ColumnRows.of(all), columns)).isFalse();
      }
    }
  }

  @Test
  void nullIsRefusedWhereATensorHasNoNan() {
    RowType record = row("a", new IntType());
    TensorSpec tensor = TensorSpec.of("x", ElementType.INT32, -1, 1);
    RecordEncoder<RowData> encoder =
        encoder(record, ofInputs(tensor), Map.of("x", List.of("a")), true);

    try (ColumnBatch columns = columns(tensor)) {
      assertThat(refusal(encoder, GenericRowData.of((Object) null), columns, 0).isNullInput())
          .isTrue();
    }
  }

  @Test
  void nullArrayBytesAndElementAreNullInputs() {
    RowType record = row("array", new ArrayType(new FloatType()), "bytes", BYTES);
    TensorSpec floats = TensorSpec.of("floats", ElementType.FLOAT32, -1, 2);
    TensorSpec bytes = TensorSpec.of("raw", ElementType.UINT8, -1, 2);
    RecordEncoder<RowData> encoder =
        encoder(
            record,
            ofInputs(floats, bytes),
            Map.of("floats", List.of("array"), "raw", List.of("bytes")));
    GenericArrayData whole = new GenericArrayData(new Float[] {1f, 2f});
    GenericArrayData broken = new GenericArrayData(new Float[] {1f, null});

    try (ColumnBatch columns = columns(floats, bytes)) {
      assertThat(refusal(encoder, GenericRowData.of(null, new byte[2]), columns, 0))
          .hasMessage("input 'array': null (expected: a value)")
          .returns(true, UnfitRecordException::isNullInput);
      assertThat(refusal(encoder, GenericRowData.of(broken, new byte[2]), columns, 0))
          .hasMessage("input 'array[1]': null (expected: a value)")
          .returns(true, UnfitRecordException::isNullInput);
      assertThat(
              refusal(encoder, binary(record, GenericRowData.of(broken, new byte[2])), columns, 0))
          .hasMessage("input 'array[1]': null (expected: a value)");
      assertThat(refusal(encoder, GenericRowData.of(whole, null), columns, 0))
          .hasMessage("input 'bytes': null (expected: a value)")
          .returns(true, UnfitRecordException::isNullInput);
    }
  }

  @Test
  void refusesArraysAndBytesOfAnotherLength() {
    RowType record = row("array", new ArrayType(new FloatType()), "bytes", BYTES);
    TensorSpec floats = TensorSpec.of("floats", ElementType.FLOAT32, -1, 2);
    TensorSpec raw = TensorSpec.of("raw", ElementType.UINT8, -1, 2);
    RecordEncoder<RowData> encoder =
        encoder(
            record,
            ofInputs(floats, raw),
            Map.of("floats", List.of("array"), "raw", List.of("bytes")));
    GenericArrayData three = new GenericArrayData(new float[3]);
    GenericArrayData two = new GenericArrayData(new float[2]);

    try (ColumnBatch columns = columns(floats, raw)) {
      assertThat(refusal(encoder, GenericRowData.of(three, new byte[2]), columns, 0))
          .hasMessage("length of array 'array': 3 (expected: 2, as in tensor 'floats')")
          .returns(false, UnfitRecordException::isNullInput);
      assertThat(refusal(encoder, GenericRowData.of(two, new byte[1]), columns, 0))
          .hasMessage("length of bytes 'bytes': 1 (expected: 2, as in tensor 'raw')")
          .returns(false, UnfitRecordException::isNullInput);
    }
  }

  @Test
  void unfitRecordLeavesNoStringsBehind() {
    TensorSpec names = TensorSpec.of("names", ElementType.STRING, -1, 2);
    TensorSpec number = TensorSpec.of("number", ElementType.FLOAT32, -1);
    RecordEncoder<RowData> encoder =
        encoder(
            row("names", new ArrayType(STRING), "number", new FloatType()),
            ofInputs(names, number),
            Map.of("names", List.of("names"), "number", List.of("number")));

    try (ColumnBatch columns = columns(names, number)) {
      encoder.encode(named("a", "b", 1f), columns, 0);
      assertThat(refusal(encoder, named("lost", "lost", null), columns, 1).isNullInput()).isTrue();
      columns.truncate(1);
      encoder.encode(named("c", "d", 2f), columns, 1);

      assertThat(columns.strings(0).elements()).isEqualTo(4);
      assertThat(elements(columns, 0, 0)).containsExactly("a", "b");
      assertThat(elements(columns, 0, 1)).containsExactly("c", "d");
      assertThat(elements(columns, 1, 1)).containsExactly(2f);
    }
  }

  private static RowData named(String first, String second, @Nullable Object number) {
    return GenericRowData.of(
        new GenericArrayData(
            new Object[] {StringData.fromString(first), StringData.fromString(second)}),
        number);
  }

  @Test
  void countsTheBytesThatARecordTakesInTheColumns() {
    RowType record =
        row(
            "f",
            new FloatType(),
            "array",
            new ArrayType(new IntType()),
            "text",
            STRING,
            "texts",
            new ArrayType(STRING),
            "raw",
            BYTES);
    RecordEncoder<RowData> encoder =
        encoder(
            record,
            ofInputs(
                TensorSpec.of("scalar", ElementType.FLOAT64, -1),
                TensorSpec.of("array", ElementType.INT64, -1, 3),
                TensorSpec.of("text", ElementType.STRING, -1),
                TensorSpec.of("texts", ElementType.STRING, -1, 2),
                TensorSpec.of("raw", ElementType.UINT8, -1, 5)),
            Map.of(
                "scalar", List.of("f"),
                "array", List.of("array"),
                "text", List.of("text"),
                "texts", List.of("texts"),
                "raw", List.of("raw")));
    int fixed = 8 + 3 * 8 + 5;
    GenericArrayData texts =
        new GenericArrayData(
            new Object[] {StringData.fromString("abc"), StringData.fromString("é")});
    RowData full =
        GenericRowData.of(
            1f, new GenericArrayData(new int[3]), StringData.fromString("é!"), texts, new byte[5]);
    GenericArrayData halfNull =
        new GenericArrayData(new Object[] {null, StringData.fromString("ab")});

    assertThat(encoder.bytes(full)).isEqualTo(fixed + 3 + 5);
    assertThat(encoder.bytes(binary(record, full))).isEqualTo(fixed + 3 + 5);
    assertThat(encoder.bytes(new GenericRowData(5))).isEqualTo(fixed);
    assertThat(encoder.bytes(GenericRowData.of(1f, null, null, halfNull, null)))
        .isEqualTo(fixed + 2);
  }
}
