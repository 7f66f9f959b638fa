package io.tidemill.inference.codec;

import static io.tidemill.inference.codec.Tensors.ofOutputs;
import static io.tidemill.inference.codec.Tensors.row;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.inference.step.OutputField;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RowDecoderTest {
  private static final int ROWS = 2;
  private static final RowType RECORD = row("a", new FloatType(), "id", VarCharType.STRING_TYPE);

  /** One and two elements of every type: value {@code v} of row {@code r} is made of both. */
  private static final Signature EVERY_TYPE =
      ofOutputs(
          TensorSpec.of("float32", ElementType.FLOAT32, -1),
          TensorSpec.of("float32s", ElementType.FLOAT32, -1, 2),
          TensorSpec.of("float64", ElementType.FLOAT64, -1, 1),
          TensorSpec.of("float64s", ElementType.FLOAT64, -1, 2),
          TensorSpec.of("int32", ElementType.INT32, -1, 1),
          TensorSpec.of("int32s", ElementType.INT32, -1, 2),
          TensorSpec.of("int64", ElementType.INT64, -1, 1),
          TensorSpec.of("int64s", ElementType.INT64, -1, 2),
          TensorSpec.of("uint8", ElementType.UINT8, -1, 1),
          TensorSpec.of("uint8s", ElementType.UINT8, -1, 2),
          TensorSpec.of("bool", ElementType.BOOL, -1, 1),
          TensorSpec.of("bools", ElementType.BOOL, -1, 2),
          TensorSpec.of("string", ElementType.STRING, -1, 1),
          TensorSpec.of("strings", ElementType.STRING, -1, 2));

  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();

  private static RowData record(String id) {
    return GenericRowData.of(0.5f, StringData.fromString(id));
  }

  private static RowBinding everyType() {
    Map<String, OutputField> outputs = new HashMap<>();
    for (TensorSpec tensor : EVERY_TYPE.outputs()) {
      outputs.put(tensor.name(), new OutputField("p_" + tensor.name()));
    }
    return RowBinding.plan(RECORD, EVERY_TYPE, Map.of("x", List.of("a")), outputs, false);
  }

  /** As every worker gets it. */
  private static PredictionDecoder<RowData, RowData> decoder(RowBinding binding) {
    try {
      return InstantiationUtil.clone(binding.decoder());
    } catch (IOException | ClassNotFoundException e) {
      throw new AssertionError("decoder does not serialize", e);
    }
  }

  private ColumnBatch outputs(Signature signature) {
    ColumnBatch batch =
        ColumnBatch.allocate(
            allocator.get(), signature.outputs().stream().map(TensorSpec::column).toList(), 8);
    batch.rows(ROWS);
    return batch;
  }

  private ColumnBatch filled() {
    ColumnBatch batch = outputs(EVERY_TYPE);
    for (int i = 0; i < batch.columns(); i++) {
      int elements = ROWS * batch.column(i).spec().elementsPerRow();
      for (int e = 0; e < elements; e++) {
        put(batch, i, e);
      }
    }
    return batch;
  }

  private static void put(ColumnBatch batch, int column, int element) {
    if (batch.column(column).spec().type() == ElementType.STRING) {
      byte[] text = ("text " + element).getBytes(UTF_8);
      batch.strings(column).append(text, 0, text.length);
      return;
    }
    FixedWidthColumn values = batch.fixedWidth(column);
    switch (values.spec().type()) {
      case FLOAT32 -> values.setFloat(element, element + 0.25f);
      case FLOAT64 -> values.setDouble(element, element + 0.125);
      case INT32 -> values.setInt(element, -element);
      case INT64 -> values.setLong(element, (1L << 40) + element);
      case UINT8 -> values.setByte(element, (byte) (200 + element));
      case FLOAT16, BFLOAT16 -> values.number(element, element + 0.5);
      case INT8, INT16 -> values.number(element, -element);
      case UINT16 -> values.number(element, 65_000 + element);
      case UINT32 -> values.number(element, 4_000_000_000L + element);
      case UINT64 ->
          values.number(
              element, new BigInteger("18446744073709551600").add(BigInteger.valueOf(element)));
      case BOOL -> values.setBoolean(element, element % 2 == 1);
      case STRING -> throw new AssertionError("a string column of fixed width");
    }
  }

  @Test
  void putsEveryTypeBehindTheRecordsFields() {
    PredictionDecoder<RowData, RowData> decoder = decoder(everyType());

    RowData second;
    try (ColumnBatch outputs = filled()) {
      decoder.begin(outputs);
      second = decoder.decode(record("second"), outputs, 1);
    }

    assertThat(second.getArity()).isEqualTo(16);
    assertThat(second.getFloat(0)).isEqualTo(0.5f);
    assertThat(second.getString(1)).hasToString("second");
    assertThat(second.getFloat(2)).isEqualTo(1.25f);
    assertThat(second.getArray(3).toFloatArray()).containsExactly(2.25f, 3.25f);
    assertThat(second.getDouble(4)).isEqualTo(1.125);
    assertThat(second.getArray(5).toDoubleArray()).containsExactly(2.125, 3.125);
    assertThat(second.getInt(6)).isEqualTo(-1);
    assertThat(second.getArray(7).toIntArray()).containsExactly(-2, -3);
    assertThat(second.getLong(8)).isEqualTo((1L << 40) + 1);
    assertThat(second.getArray(9).toLongArray()).containsExactly((1L << 40) + 2, (1L << 40) + 3);
    assertThat(second.getShort(10)).isEqualTo((short) 201);
    assertThat(second.getBinary(11)).containsExactly(202, 203);
    assertThat(second.getBoolean(12)).isTrue();
    assertThat(second.getArray(13).toBooleanArray()).containsExactly(false, true);
    assertThat(second.getString(14)).hasToString("text 1");
    assertThat(second.getArray(15).size()).isEqualTo(2);
    assertThat(second.getArray(15).getString(0)).hasToString("text 2");
    assertThat(second.getArray(15).getString(1)).hasToString("text 3");
  }

  static Stream<Arguments> narrow() {
    return Stream.of(
        Arguments.of(ElementType.FLOAT16, 1.5f, List.of(2.5f, 3.5f)),
        Arguments.of(ElementType.BFLOAT16, 1.5f, List.of(2.5f, 3.5f)),
        Arguments.of(ElementType.INT8, (byte) -1, List.of((byte) -2, (byte) -3)),
        Arguments.of(ElementType.INT16, (short) -1, List.of((short) -2, (short) -3)),
        Arguments.of(ElementType.UINT16, 65_001, List.of(65_002, 65_003)),
        Arguments.of(ElementType.UINT32, 4_000_000_001L, List.of(4_000_000_002L, 4_000_000_003L)),
        Arguments.of(
            ElementType.UINT64,
            uint64("18446744073709551601"),
            List.of(uint64("18446744073709551602"), uint64("18446744073709551603"))));
  }

  private static DecimalData uint64(String digits) {
    return requireNonNull(DecimalData.fromBigDecimal(new BigDecimal(digits), 20, 0));
  }

  @ParameterizedTest
  @MethodSource("narrow")
  void putsTypesThatFieldsDoNotHaveIntoTheNextThatHoldThem(
      ElementType type, Object one, List<Object> several) {
    Signature signature =
        ofOutputs(TensorSpec.of("one", type, -1), TensorSpec.of("several", type, -1, 2));
    RowBinding binding =
        RowBinding.plan(
            RECORD,
            signature,
            Map.of("x", List.of("a")),
            Map.of("one", new OutputField("p"), "several", new OutputField("q")),
            false);
    PredictionDecoder<RowData, RowData> decoder = decoder(binding);

    RowData second;
    try (ColumnBatch outputs = outputs(signature)) {
      for (int i = 0; i < 2 * ROWS; i++) {
        put(outputs, 1, i);
        if (i < ROWS) {
          put(outputs, 0, i);
        }
      }
      decoder.begin(outputs);
      second = decoder.decode(record("second"), outputs, 1);
    }

    LogicalType scalar = binding.outputType().getTypeAt(2);
    assertThat(RowData.createFieldGetter(scalar, 2).getFieldOrNull(second)).isEqualTo(one);
    ArrayData.ElementGetter element =
        ArrayData.createElementGetter(binding.outputType().getTypeAt(3).getChildren().get(0));
    ArrayData array = second.getArray(3);
    assertThat(Stream.of(0, 1).map(i -> element.getElementOrNull(array, i)))
        .containsExactlyElementsOf(several);
  }

  @Test
  void resultsOfOneCallSurviveTheNext() {
    PredictionDecoder<RowData, RowData> decoder = decoder(everyType());

    RowData earlier;
    try (ColumnBatch outputs = filled()) {
      decoder.begin(outputs);
      earlier = decoder.decode(record("earlier"), outputs, 0);
    }
    try (ColumnBatch outputs = filled()) {
      outputs.fixedWidth(0).setFloat(0, 99);
      decoder.begin(outputs);
      assertThat(decoder.decode(record("later"), outputs, 0).getFloat(2)).isEqualTo(99);
    }

    assertThat(earlier.getFloat(2)).isEqualTo(0.25f);
  }

  @Test
  void serializesToTheOutputTypeAndBack() throws IOException {
    RowBinding binding = everyType();
    PredictionDecoder<RowData, RowData> decoder = decoder(binding);
    RowDataSerializer serializer = new RowDataSerializer(binding.outputType());
    RowData record = record("second");
    record.setRowKind(RowKind.UPDATE_AFTER);

    try (ColumnBatch outputs = filled()) {
      decoder.begin(outputs);
      RowData scored = decoder.decode(record, outputs, 1);
      BinaryRowData expected = serializer.toBinaryRow(scored).copy();
      DataOutputSerializer target = new DataOutputSerializer(64);
      serializer.serialize(scored, target);
      RowData read = serializer.deserialize(new DataInputDeserializer(target.getCopyOfBuffer()));
      RowData copied = serializer.copy(scored);

      assertThat(read).isEqualTo(expected);
      assertThat(serializer.toBinaryRow(copied)).isEqualTo(expected);
      assertThat(read.getRowKind()).isEqualTo(RowKind.UPDATE_AFTER);
      assertThat(copied.getRowKind()).isEqualTo(RowKind.UPDATE_AFTER);
      assertThat(read.getString(1)).hasToString("second");
      assertThat(read.getArray(3).toFloatArray()).containsExactly(2.25f, 3.25f);
      assertThat(read.getBinary(11)).containsExactly(202, 203);
      assertThat(read.getArray(15).getString(1)).hasToString("text 3");
    }
  }

  @Test
  void unscoredRecordHasNullPredictions() throws IOException {
    RowBinding binding = everyType();
    RowData record = record("tombstone");
    record.setRowKind(RowKind.DELETE);

    RowData unscored = decoder(binding).unscored(record);

    assertThat(unscored.getRowKind()).isEqualTo(RowKind.DELETE);
    assertThat(unscored.getArity()).isEqualTo(16);
    assertThat(unscored.isNullAt(0)).isFalse();
    for (int field = 2; field < 16; field++) {
      assertThat(unscored.isNullAt(field)).isTrue();
    }
    assertThatThrownBy(() -> unscored.getFloat(2))
        .hasMessage("prediction at field 2: null (expected: scored)");

    RowDataSerializer serializer = new RowDataSerializer(binding.outputType());
    DataOutputSerializer target = new DataOutputSerializer(64);
    serializer.serialize(unscored, target);
    RowData read = serializer.deserialize(new DataInputDeserializer(target.getCopyOfBuffer()));
    assertThat(read).isEqualTo(serializer.toBinaryRow(serializer.copy(unscored)));
    assertThat(read.getRowKind()).isEqualTo(RowKind.DELETE);
    assertThat(read.isNullAt(15)).isTrue();
  }

  @Test
  void scoredRecordHasNoNullPrediction() {
    PredictionDecoder<RowData, RowData> decoder = decoder(everyType());

    try (ColumnBatch outputs = filled()) {
      decoder.begin(outputs);
      RowData scored = decoder.decode(GenericRowData.of(1f, null), outputs, 0);

      assertThat(scored.isNullAt(1)).isTrue();
      for (int field = 2; field < 16; field++) {
        assertThat(scored.isNullAt(field)).isFalse();
      }
    }
  }

  @Test
  void rowKindIsTheRecordsUntilSet() {
    PredictionDecoder<RowData, RowData> decoder = decoder(everyType());
    RowData record = record("a");
    record.setRowKind(RowKind.UPDATE_BEFORE);

    try (ColumnBatch outputs = filled()) {
      decoder.begin(outputs);
      RowData scored = decoder.decode(record, outputs, 0);
      assertThat(scored.getRowKind()).isEqualTo(RowKind.UPDATE_BEFORE);
      scored.setRowKind(RowKind.INSERT);

      assertThat(scored.getRowKind()).isEqualTo(RowKind.INSERT);
      assertThat(record.getRowKind()).isEqualTo(RowKind.UPDATE_BEFORE);
    }
  }

  @Test
  void labelIsThatOfTheFirstLargestElement() {
    Signature signature = ofOutputs(TensorSpec.of("s", ElementType.FLOAT32, -1, 3));
    RowBinding binding =
        RowBinding.plan(
            RECORD,
            signature,
            Map.of("x", List.of("a")),
            Map.of("s", new OutputField("class", List.of("low", "middle", "high"))),
            false);
    PredictionDecoder<RowData, RowData> decoder = decoder(binding);

    try (ColumnBatch outputs = outputs(signature)) {
      outputs.fixedWidth(0).setFloats(0, new float[] {0.1f, 0.7f, 0.2f, -3, -1, -1}, 0, 6);
      decoder.begin(outputs);

      assertThat(decoder.decode(record("a"), outputs, 0).getString(2)).hasToString("middle");
      assertThat(decoder.decode(record("b"), outputs, 1).getString(2)).hasToString("middle");
    }
    assertThat(binding.outputType().getTypeAt(2)).hasToString("STRING");
  }

  private static PredictionDecoder<RowData, RowData> labelled(
      Signature signature, String... labels) {
    return decoder(
        RowBinding.plan(
            RECORD,
            signature,
            Map.of("x", List.of("a")),
            Map.of("s", new OutputField("class", List.of(labels))),
            false));
  }

  @ParameterizedTest
  @EnumSource(names = {"INT32", "INT64"})
  void labelIsThatOfTheClass(ElementType type) {
    Signature signature = ofOutputs(TensorSpec.of("s", type, -1));
    PredictionDecoder<RowData, RowData> decoder = labelled(signature, "no", "yes");

    try (ColumnBatch outputs = outputs(signature)) {
      for (int row = 0; row < 2; row++) {
        if (type == ElementType.INT32) {
          outputs.fixedWidth(0).setInt(row, 1 + row);
        } else {
          outputs.fixedWidth(0).setLong(row, 1 + row);
        }
      }
      decoder.begin(outputs);

      assertThat(decoder.decode(record("a"), outputs, 0).getString(2)).hasToString("yes");
      assertThatThrownBy(() -> decoder.decode(record("b"), outputs, 1))
          .hasMessage("class 2 (expected: 0 to 1, as there are labels)");
    }
  }

  @Test
  void scoresOfWhichNoneIsANumberHaveNoLabel() {
    Signature signature = ofOutputs(TensorSpec.of("s", ElementType.FLOAT32, -1, 2));
    PredictionDecoder<RowData, RowData> decoder = labelled(signature, "cat", "dog");

    try (ColumnBatch outputs = outputs(signature)) {
      float nan = Float.NaN;
      outputs.fixedWidth(0).setFloats(0, new float[] {nan, nan, nan, -7}, 0, 4);
      decoder.begin(outputs);

      assertThat(decoder.decode(record("a"), outputs, 0).isNullAt(2)).isTrue();
      RowData second = decoder.decode(record("b"), outputs, 1);
      assertThat(second.isNullAt(2)).isFalse();
      assertThat(second.getString(2)).hasToString("dog");
    }
  }

  @Test
  void outputsThatAreNotBoundAreLeftOut() {
    Signature signature =
        ofOutputs(
            TensorSpec.of("ignored", ElementType.FLOAT32, -1),
            TensorSpec.of("wanted", ElementType.INT64, -1));
    PredictionDecoder<RowData, RowData> decoder =
        decoder(
            RowBinding.plan(
                RECORD,
                signature,
                Map.of("x", List.of("a")),
                Map.of("wanted", new OutputField("p")),
                false));

    try (ColumnBatch outputs = outputs(signature)) {
      outputs.fixedWidth(1).setLongs(0, new long[] {10, 11}, 0, 2);
      decoder.begin(outputs);

      RowData scored = decoder.decode(record("b"), outputs, 1);
      assertThat(scored.getArity()).isEqualTo(3);
      assertThat(scored.getLong(2)).isEqualTo(11);
    }
  }

  @Test
  void predictionReadAsAnotherTypeIsRefused() {
    PredictionDecoder<RowData, RowData> decoder = decoder(everyType());

    try (ColumnBatch outputs = filled()) {
      decoder.begin(outputs);
      RowData scored = decoder.decode(record("a"), outputs, 0);

      assertThatThrownBy(() -> scored.getDouble(2))
          .isInstanceOf(ClassCastException.class)
          .hasMessage("prediction of Floats read as another type than its field's");
    }
  }
}
