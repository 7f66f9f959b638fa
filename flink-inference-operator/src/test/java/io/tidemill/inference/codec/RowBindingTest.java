package io.tidemill.inference.codec;

import static io.tidemill.inference.codec.Tensors.TO_PREDICTION;
import static io.tidemill.inference.codec.Tensors.ofInputs;
import static io.tidemill.inference.codec.Tensors.ofOutputs;
import static io.tidemill.inference.codec.Tensors.row;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemill.inference.step.OutputField;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BinaryType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.CharType;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.NullType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RowBindingTest {
  private static final LogicalType FLOAT = new FloatType();
  private static final LogicalType STRING = VarCharType.STRING_TYPE;
  private static final LogicalType BYTES = new VarBinaryType(VarBinaryType.MAX_LENGTH);

  private static final Map<String, LogicalType> SCALARS =
      Map.ofEntries(
          Map.entry("BOOLEAN", new BooleanType()),
          Map.entry("TINYINT", new TinyIntType()),
          Map.entry("SMALLINT", new SmallIntType()),
          Map.entry("INT", new IntType()),
          Map.entry("BIGINT", new BigIntType()),
          Map.entry("FLOAT", new FloatType()),
          Map.entry("DOUBLE", new DoubleType()),
          Map.entry("DECIMAL", new DecimalType(10, 2)),
          Map.entry("CHAR", new CharType(3)),
          Map.entry("STRING", VarCharType.STRING_TYPE),
          Map.entry("BINARY", new BinaryType(1)),
          Map.entry("BYTES", BYTES),
          Map.entry("DATE", new DateType()),
          Map.entry("TIME", new TimeType()),
          Map.entry("TIMESTAMP", new TimestampType(3)),
          Map.entry("MAP", new MapType(VarCharType.STRING_TYPE, new IntType())),
          Map.entry("ROW", row("inner", new FloatType())));

  /** Which tensors take which scalar; x for yes. Arrays of these are the same, but for bytes. */
  private static final String ACCEPTED =
      """
                 float32 float64 float16 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool string
      BOOLEAN    x       x       x       x        x    x     x     x     x     x      x      x      x    -
      TINYINT    x       x       x       x        x    x     x     x     x     x      x      x      -    -
      SMALLINT   x       x       x       x        -    x     x     x     x     x      x      x      -    -
      INT        x       x       x       x        -    -     x     x     x     x      x      x      -    -
      BIGINT     x       x       x       x        -    -     -     x     x     x      x      x      -    -
      FLOAT      x       x       x       x        -    -     -     -     -     -      -      -      -    -
      DOUBLE     x       x       x       x        -    -     -     -     -     -      -      -      -    -
      DECIMAL    x       x       x       x        -    -     -     -     -     -      -      -      -    -
      CHAR       -       -       -       -        -    -     -     -     -     -      -      -      -    x
      STRING     -       -       -       -        -    -     -     -     -     -      -      -      -    x
      BINARY     -       -       -       -        -    -     -     -     x     -      -      -      -    x
      BYTES      -       -       -       -        -    -     -     -     x     -      -      -      -    x
      DATE       x       x       x       x        -    -     -     x     -     -      -      -      -    -
      TIME       x       x       x       x        -    -     -     x     -     -      -      -      -    -
      TIMESTAMP  x       x       x       x        -    -     -     x     -     -      -      -      -    -
      MAP        -       -       -       -        -    -     -     -     -     -      -      -      -    -
      ROW        -       -       -       -        -    -     -     -     -     -      -      -      -    -
      """;

  private static List<String> problems(
      RowType record,
      Signature signature,
      Map<String, List<String>> inputs,
      Map<String, OutputField> outputs) {
    BindingException refusal =
        catchThrowableOfType(
            BindingException.class,
            () -> RowBinding.plan(record, signature, inputs, outputs, false));
    if (refusal == null) {
      return List.of();
    }
    List<String> messages =
        refusal.problems().stream().map(BindingException.Problem::message).toList();
    assertThat(refusal).hasMessage(String.join("\n", messages));
    return messages;
  }

  static Stream<Arguments> pairs() {
    List<String> lines = ACCEPTED.lines().map(String::strip).toList();
    List<String> tensors = List.of(lines.get(0).split(" +"));
    assertThat(tensors).hasSize(ElementType.values().length);
    assertThat(lines).hasSize(1 + SCALARS.size());
    return lines.stream()
        .skip(1)
        .map(line -> List.of(line.split(" +")))
        .flatMap(
            cells ->
                tensors.stream()
                    .map(
                        tensor ->
                            Arguments.of(
                                cells.get(0),
                                ElementType.ofLabel(tensor).orElseThrow(),
                                cells.get(1 + tensors.indexOf(tensor)).equals("x"))));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void takesScalarsThatTheTensorHolds(String scalar, ElementType element, boolean accepted) {
    LogicalType type = type(scalar);
    TensorSpec tensor = TensorSpec.of("x", element, -1);

    List<String> problems =
        problems(row("f", type), ofInputs(tensor), Map.of("x", List.of("f")), TO_PREDICTION);

    if (accepted) {
      assertThat(problems).isEmpty();
    } else {
      assertThat(problems)
          .singleElement()
          .asString()
          .startsWith(
              "input 'x': field 'f' is %s, which %s does not take (expected: "
                  .formatted(type, tensor));
    }
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void takesArraysOfThem(String scalar, ElementType element, boolean accepted) {
    LogicalType type = new ArrayType(type(scalar));
    TensorSpec tensor = TensorSpec.of("x", element, -1, 3);

    List<String> problems =
        problems(row("f", type), ofInputs(tensor), Map.of("x", List.of("f")), TO_PREDICTION);

    boolean bytes = element == ElementType.UINT8 && List.of("BINARY", "BYTES").contains(scalar);
    if (accepted && !bytes) {
      assertThat(problems).isEmpty();
    } else {
      assertThat(problems)
          .singleElement()
          .asString()
          .startsWith(
              "input 'x': field 'f' is %s, which %s does not take (expected: "
                  .formatted(type, tensor));
    }
  }

  private static LogicalType type(String scalar) {
    return requireNonNull(SCALARS.get(scalar), scalar);
  }

  @Test
  void saysWhatATensorTakes() {
    RowType record = row("f", row("inner", new DateType()));

    assertThat(
            Stream.of(ElementType.values())
                .flatMap(
                    type ->
                        problems(
                            record,
                            ofInputs(TensorSpec.of("x", type, -1)),
                            Map.of("x", List.of("f")),
                            TO_PREDICTION)
                            .stream()))
        .containsExactly(
            "input 'x': field 'f' is ROW<`inner` DATE>, which x float32[-1] does not take (expected: a number, BOOLEAN, DATE, TIME or TIMESTAMP; inside of it: f.inner)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x float64[-1] does not take (expected: a number, BOOLEAN, DATE, TIME or TIMESTAMP; inside of it: f.inner)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x float16[-1] does not take (expected: a number, BOOLEAN, DATE, TIME or TIMESTAMP; inside of it: f.inner)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x bfloat16[-1] does not take (expected: a number, BOOLEAN, DATE, TIME or TIMESTAMP; inside of it: f.inner)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x int8[-1] does not take (expected: TINYINT or BOOLEAN)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x int16[-1] does not take (expected: TINYINT, SMALLINT or BOOLEAN)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x int32[-1] does not take (expected: TINYINT, SMALLINT, INT or BOOLEAN)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x int64[-1] does not take (expected: TINYINT, SMALLINT, INT, BIGINT, BOOLEAN, DATE, TIME or TIMESTAMP; inside of it: f.inner)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x uint8[-1] does not take (expected: one field of BYTES, or TINYINT, SMALLINT, INT, BIGINT or BOOLEAN)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x uint16[-1] does not take (expected: TINYINT, SMALLINT, INT, BIGINT or BOOLEAN)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x uint32[-1] does not take (expected: TINYINT, SMALLINT, INT, BIGINT or BOOLEAN)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x uint64[-1] does not take (expected: TINYINT, SMALLINT, INT, BIGINT or BOOLEAN)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x bool[-1] does not take (expected: BOOLEAN)",
            "input 'x': field 'f' is ROW<`inner` DATE>, which x string[-1] does not take (expected: STRING or BYTES)");
  }

  /** And says what can be an input, where there is something inside. */
  @Test
  void refusesWhatNoTensorTakesWhereTheModelIsNotKnown() {
    RowType item = row("counts", new MapType(new IntType(), new IntType()), "price", FLOAT);
    RowType record =
        row("items", new ArrayType(item), "tags", new MapType(STRING, FLOAT), "a", new NullType());
    RowType none = row("counts", item.getTypeAt(0));

    assertThat(
            Stream.of(record, none)
                .map(fields -> Map.entry(fields, Map.of("x", fields.getFieldNames())))
                .map(
                    job ->
                        catchThrowableOfType(
                            BindingException.class,
                            () -> RowBinding.checkFields(job.getKey(), job.getValue())))
                .flatMap(refusal -> refusal.problems().stream())
                .map(BindingException.Problem::message))
        .containsExactly(
            "input 'x': field 'items' is ARRAY<ROW<`counts` MAP<INT, INT>, `price` FLOAT>>, of which no tensor is made (expected: a scalar or an ARRAY of scalars; inside of it: items[0].price)",
            "input 'x': field 'tags' is MAP<STRING, FLOAT>, of which no tensor is made (expected: a scalar or an ARRAY of scalars; inside of it: tags['key'])",
            "input 'x': field 'counts' is MAP<INT, INT>, of which no tensor is made (expected: a scalar or an ARRAY of scalars)");
  }

  @Test
  void putsScalarsSideBySide() {
    RowBinding binding =
        RowBinding.plan(
            row("a", new FloatType(), "b", new IntType(false), "c", new DoubleType()),
            ofInputs(TensorSpec.of("x", ElementType.FLOAT32, -1, 2)),
            Map.of("x", List.of("c", "b")),
            TO_PREDICTION,
            false);

    assertThat(binding.description())
        .containsExactly(
            "x float32[-1, 2] <- c DOUBLE, b INT NOT NULL",
            "score float32[-1, 1] -> prediction FLOAT");
    assertThat(binding.outputType())
        .isEqualTo(
            new RowType(
                false,
                List.of(
                    new RowType.RowField("a", new FloatType()),
                    new RowType.RowField("b", new IntType(false)),
                    new RowType.RowField("c", new DoubleType()),
                    new RowType.RowField("prediction", new FloatType()))));
  }

  @Test
  void takesAnArrayForATensorOfSeveralDimensions() {
    assertThat(
            problems(
                row("pixels", new ArrayType(new FloatType())),
                ofInputs(TensorSpec.of("image", ElementType.FLOAT32, -1, 2, 2, 3)),
                Map.of("image", List.of("pixels")),
                TO_PREDICTION))
        .isEmpty();
  }

  @Test
  void refusesAnArrayAmongScalars() {
    assertThat(
            problems(
                row("a", new FloatType(), "b", new ArrayType(new FloatType())),
                ofInputs(TensorSpec.of("x", ElementType.FLOAT32, -1, 2)),
                Map.of("x", List.of("a", "b")),
                TO_PREDICTION))
        .containsExactly(
            "input 'x': field 'b' is ARRAY<FLOAT>, which x float32[-1, 2] does not take (expected: a number, BOOLEAN, DATE, TIME or TIMESTAMP)");
  }

  @Test
  void refusesTwoFieldsOfBytesForOneTensor() {
    assertThat(
            problems(
                row("a", BYTES, "b", BYTES),
                ofInputs(TensorSpec.of("x", ElementType.UINT8, -1, 2)),
                Map.of("x", List.of("a", "b")),
                TO_PREDICTION))
        .containsExactly(
            "input 'x': field 'a' is BYTES, which x uint8[-1, 2] does not take (expected: one field of BYTES, or TINYINT, SMALLINT, INT, BIGINT or BOOLEAN)",
            "input 'x': field 'b' is BYTES, which x uint8[-1, 2] does not take (expected: one field of BYTES, or TINYINT, SMALLINT, INT, BIGINT or BOOLEAN)");
  }

  @Test
  void refusesAnotherNumberOfScalarsThanTheTensorIsWide() {
    RowType record = row("a", new FloatType(), "b", new FloatType());
    Signature signature = ofInputs(TensorSpec.of("x", ElementType.FLOAT32, -1, 3));

    assertThat(problems(record, signature, Map.of("x", List.of("a", "b")), TO_PREDICTION))
        .containsExactly(
            "input 'x': 2 fields for x float32[-1, 3] (expected: 3, one for each element, or one array)");
    assertThat(problems(record, signature, Map.of("x", List.of()), TO_PREDICTION))
        .containsExactly(
            "input 'x': 0 fields for x float32[-1, 3] (expected: 3, one for each element, or one array)");
  }

  @Test
  void refusesUnknownFieldsAndSuggestsTheNearest() {
    assertThat(
            problems(
                row("amount", new FloatType(), "distance_km", new FloatType()),
                ofInputs(TensorSpec.of("x", ElementType.FLOAT32, -1, 3)),
                Map.of("x", List.of("ammount", "distance_km", "merchant")),
                TO_PREDICTION))
        .containsExactly(
            "input 'x': field 'ammount' is not in the record (did you mean 'amount'? fields: amount, distance_km)",
            "input 'x': field 'merchant' is not in the record (fields: amount, distance_km)");
  }

  @Test
  void refusesPathsThatLeadNowhereAndSaysWhereTheyEnd() {
    RowType record =
        row(
            "pay",
            row("amount", new FloatType(), "currency", VarCharType.STRING_TYPE),
            "items",
            new ArrayType(row("price", new FloatType())),
            "counts",
            new MapType(new IntType(), new FloatType()));
    List<String> paths =
        List.of(
            "pay.amont",
            "pay[0]",
            "items.price",
            "items[0].prize",
            "counts['x']",
            "pay.",
            "items[x]",
            "[0]");

    assertThat(
            problems(
                record,
                ofInputs(TensorSpec.of("x", ElementType.FLOAT32, -1, paths.size())),
                Map.of("x", paths),
                TO_PREDICTION))
        .containsExactly(
            "input 'x': field 'pay.amont' is not in the record (did you mean 'amount'? fields there: amount, currency)",
            "input 'x': field 'pay[0]': 'pay' is ROW<`amount` FLOAT, `currency` STRING> (expected: a ROW for a name, an ARRAY for [0], a MAP with keys of STRING for ['key'])",
            "input 'x': field 'items.price': 'items' is ARRAY<ROW<`price` FLOAT>> (expected: a ROW for a name, an ARRAY for [0], a MAP with keys of STRING for ['key'])",
            "input 'x': field 'items[0].prize' is not in the record (did you mean 'price'? fields there: price)",
            "input 'x': field 'counts['x']': 'counts' is MAP<INT, FLOAT> (expected: a ROW for a name, an ARRAY for [0], a MAP with keys of STRING for ['key'])",
            "input 'x': field 'pay.': no path from '.' on (expected: as in pay.amount, items[0].price or tags['x'])",
            "input 'x': field 'items[x]': no path from '[x]' on (expected: as in pay.amount, items[0].price or tags['x'])",
            "input 'x': field '[0]': no name before '[0]' (expected: a ROW for a name, an ARRAY for [0], a MAP with keys of STRING for ['key'])");
  }

  @Test
  void refusesTensorsThatTheModelLacks() {
    assertThat(
            problems(
                row("a", new FloatType()),
                ofInputs(TensorSpec.of("x", ElementType.FLOAT32, -1)),
                Map.of("x", List.of("a"), "y", List.of("a")),
                Map.of("score", new OutputField("p"), "scores", new OutputField("q"))))
        .containsExactly(
            "input 'y': not in the model's signature (expected: one of x)",
            "output 'scores': not in the model's signature (expected: one of score)");
  }

  @Test
  void refusesAnInputThatIsNotBound() {
    assertThat(
            problems(
                row("a", new FloatType()),
                ofInputs(
                    TensorSpec.of("x", ElementType.FLOAT32, -1),
                    TensorSpec.of("y", ElementType.INT64, -1, 2)),
                Map.of("x", List.of("a")),
                TO_PREDICTION))
        .containsExactly(
            "input 'y': not bound (expected: the fields that y int64[-1, 2] is made of)");
  }

  @Test
  void refusesTensorsOfVaryingSize() {
    assertThat(
            problems(
                row("a", new ArrayType(new FloatType())),
                new Signature(
                    List.of(TensorSpec.of("x", ElementType.FLOAT32, -1, -1)),
                    List.of(TensorSpec.of("y", ElementType.FLOAT32, -1, -1))),
                Map.of("x", List.of("a")),
                Map.of("y", new OutputField("p"))))
        .containsExactly(
            "input 'x': x float32[-1, -1] has sizes that vary (expected: fixed sizes behind the batch's)",
            "output 'y': y float32[-1, -1] has sizes that vary (expected: fixed sizes behind the batch's)");
  }

  @Test
  void refusesAStepWithoutOutput() {
    assertThat(
            problems(
                row("a", new FloatType()),
                ofInputs(TensorSpec.of("x", ElementType.FLOAT32, -1)),
                Map.of("x", List.of("a")),
                Map.of()))
        .containsExactly("output: none (expected: at least one of score)");
  }

  @Test
  void refusesOutputNamesThatAreTaken() {
    Signature two =
        ofOutputs(
            TensorSpec.of("s", ElementType.FLOAT32, -1),
            TensorSpec.of("t", ElementType.FLOAT32, -1));

    assertThat(
            problems(
                row("a", new FloatType()),
                two,
                Map.of("x", List.of("a")),
                Map.of("s", new OutputField("a"), "t", new OutputField("b"))))
        .containsExactly("output 's': the record already has a field 'a' (expected: a new name)");
    assertThat(
            problems(
                row("a", new FloatType()),
                two,
                Map.of("x", List.of("a")),
                Map.of("s", new OutputField("b"), "t", new OutputField("b"))))
        .containsExactly("output 't': the record already has a field 'b' (expected: a new name)");
  }

  @Test
  void refusesLabelsThatDoNotFitTheTensor() {
    OutputField twoLabels = new OutputField("class", List.of("no", "yes"));

    assertThat(
            Stream.of(
                    TensorSpec.of("s", ElementType.FLOAT32, -1, 3),
                    TensorSpec.of("s", ElementType.FLOAT64, -1, 2))
                .flatMap(
                    tensor ->
                        problems(
                            row("a", new FloatType()),
                            ofOutputs(tensor),
                            Map.of("x", List.of("a")),
                            Map.of("s", twoLabels))
                            .stream()))
        .containsExactly(
            "output 's': 2 labels for s float32[-1, 3] (expected: a float32 tensor with one element for each label, or one int32 or int64 that counts them from 0)",
            "output 's': 2 labels for s float64[-1, 2] (expected: a float32 tensor with one element for each label, or one int32 or int64 that counts them from 0)");
  }

  @Test
  void tellsAllProblemsAtOnce() {
    assertThat(
            problems(
                row("a", new FloatType(), "s", VarCharType.STRING_TYPE),
                new Signature(
                    List.of(
                        TensorSpec.of("x", ElementType.FLOAT32, -1, 3),
                        TensorSpec.of("y", ElementType.INT32, -1)),
                    List.of(
                        TensorSpec.of("p", ElementType.FLOAT32, -1),
                        TensorSpec.of("q", ElementType.FLOAT32, -1, 2))),
                Map.of("x", List.of("a", "s"), "z", List.of("a")),
                Map.of(
                    "p", new OutputField("a"),
                    "q", new OutputField("class", List.of("only")))))
        .containsExactly(
            "input 'z': not in the model's signature (expected: one of x, y)",
            "input 'y': not bound (expected: the fields that y int32[-1] is made of)",
            "input 'x': field 's' is STRING, which x float32[-1, 3] does not take (expected: a number, BOOLEAN, DATE, TIME or TIMESTAMP)",
            "input 'x': 2 fields for x float32[-1, 3] (expected: 3, one for each element, or one array)",
            "output 'p': the record already has a field 'a' (expected: a new name)",
            "output 'q': 1 labels for q float32[-1, 2] (expected: a float32 tensor with one element for each label, or one int32 or int64 that counts them from 0)");
  }

  static Stream<Arguments> outputTypes() {
    return Stream.of(
        Arguments.of(ElementType.FLOAT32, "FLOAT", "ARRAY<FLOAT NOT NULL>"),
        Arguments.of(ElementType.FLOAT64, "DOUBLE", "ARRAY<DOUBLE NOT NULL>"),
        Arguments.of(ElementType.FLOAT16, "FLOAT", "ARRAY<FLOAT NOT NULL>"),
        Arguments.of(ElementType.BFLOAT16, "FLOAT", "ARRAY<FLOAT NOT NULL>"),
        Arguments.of(ElementType.INT8, "TINYINT", "ARRAY<TINYINT NOT NULL>"),
        Arguments.of(ElementType.INT16, "SMALLINT", "ARRAY<SMALLINT NOT NULL>"),
        Arguments.of(ElementType.UINT16, "INT", "ARRAY<INT NOT NULL>"),
        Arguments.of(ElementType.UINT32, "BIGINT", "ARRAY<BIGINT NOT NULL>"),
        Arguments.of(ElementType.UINT64, "DECIMAL(20, 0)", "ARRAY<DECIMAL(20, 0) NOT NULL>"),
        Arguments.of(ElementType.INT32, "INT", "ARRAY<INT NOT NULL>"),
        Arguments.of(ElementType.INT64, "BIGINT", "ARRAY<BIGINT NOT NULL>"),
        Arguments.of(ElementType.UINT8, "SMALLINT", "BYTES"),
        Arguments.of(ElementType.BOOL, "BOOLEAN", "ARRAY<BOOLEAN NOT NULL>"),
        Arguments.of(ElementType.STRING, "STRING", "ARRAY<STRING NOT NULL>"));
  }

  @ParameterizedTest
  @MethodSource("outputTypes")
  void outputsBecomeScalarsOrArrays(ElementType type, String scalar, String several) {
    RowType outputType =
        RowBinding.plan(
                row("a", new FloatType()),
                ofOutputs(TensorSpec.of("s", type, -1, 1), TensorSpec.of("t", type, -1, 2)),
                Map.of("x", List.of("a")),
                Map.of("s", new OutputField("one"), "t", new OutputField("two")),
                false)
            .outputType();

    assertThat(outputType.getFieldNames()).containsExactly("a", "one", "two");
    assertThat(outputType.getTypeAt(1)).hasToString(scalar);
    assertThat(outputType.getTypeAt(2)).hasToString(several);
  }
}
