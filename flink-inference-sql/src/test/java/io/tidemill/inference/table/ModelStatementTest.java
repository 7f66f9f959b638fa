package io.tidemill.inference.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.engine.onnx.OnnxModels;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.CatalogModel;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedCatalogModel;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.types.DataType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelStatementTest {
  private static final DataType FLOATS = DataTypes.ARRAY(DataTypes.FLOAT());

  private static Fraud fraud = new Fraud("");

  @BeforeAll
  static void publish(@TempDir Path folder) throws Exception {
    fraud = Fraud.in(folder);
  }

  private static ResolvedSchema columns(Object... namesAndTypes) {
    Column[] columns = new Column[namesAndTypes.length / 2];
    for (int i = 0; i < columns.length; i++) {
      columns[i] =
          Column.physical((String) namesAndTypes[2 * i], (DataType) namesAndTypes[2 * i + 1]);
    }
    return ResolvedSchema.of(columns);
  }

  private static TidemillModel plan(ResolvedSchema in, ResolvedSchema out, String... options) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("provider", "tidemill");
    all.put("model", "fraud@production");
    all.put("store", fraud.store());
    all.put("device", "cpu");
    for (int i = 0; i < options.length; i += 2) {
      if (options[i + 1].isEmpty()) {
        all.remove(options[i]);
      } else {
        all.put(options[i], options[i + 1]);
      }
    }
    CatalogModel model =
        CatalogModel.of(
            Schema.newBuilder().fromResolvedSchema(in).build(),
            Schema.newBuilder().fromResolvedSchema(out).build(),
            all,
            "");
    return new ModelStatement("fraud", ResolvedCatalogModel.of(model, in, out)).plan();
  }

  private static TidemillModel plan(String... options) {
    return plan(columns("features", FLOATS), columns("score", DataTypes.FLOAT()), options);
  }

  @Test
  void everySettingOfAStepIsAnOption() {
    TidemillModel model =
        plan(
            "max-size",
            "512",
            "max-bytes",
            "1mb",
            "max-delay",
            "5ms",
            "max-in-flight",
            "6",
            "on-nan",
            "dead-letter",
            "null-input",
            "skip",
            "dead-batches",
            "7",
            "load-timeout",
            "8s",
            "call-timeout",
            "9s",
            "trace-every",
            "10",
            "threads",
            "2",
            "on-error",
            "null");

    assertThat(model.onError()).isEqualTo(OnError.NULL);
    assertThat(model.scoring().settings())
        .hasToString(
            "StepSettings[batching=BatchPolicy[maxSize=512, maxBytes=1048576, maxDelay=PT0.005S,"
                + " maxInFlight=6], workers=3, order=ORDERED, onNan=DEAD_LETTER, nullInput=SKIP,"
                + " deadBatches=7, timeouts=Timeouts[load=PT8S, call=PT9S, shortCall=PT0.001S],"
                + " memoryBytes=1073741824, fresh=false, traceEvery=10]");
  }

  @Test
  void theVersionIsPinnedWhenItIsPlanned() throws Exception {
    TidemillModel before = plan();
    fraud.publish("fraud", "2.0.0", files -> OnnxModels.logistic(files, 0, 1, 1, 1, 1));
    fraud.alias("fraud", "production", "2.0.0");

    assertThat(before.scoring().source().version().toString()).startsWith("fraud:1.0.0");
    assertThat(plan().scoring().source().version().toString()).startsWith("fraud:2.0.0");
  }

  @Test
  void scalarsGoSideBySideToTheOnlyTensor() {
    ResolvedSchema four =
        columns(
            "a",
            DataTypes.DOUBLE(),
            "b",
            DataTypes.INT(),
            "c",
            DataTypes.FLOAT(),
            "d",
            DataTypes.BIGINT());

    plan(four, columns("fraud_score", DataTypes.FLOAT()));
    plan(
        four,
        columns("fraud_score", DataTypes.FLOAT()),
        "input.features",
        "d; c; b; a",
        "output.score",
        "fraud_score");
  }

  @Test
  void everyProblemOfTheOptionsIsSaidAtOnce() {
    assertThatThrownBy(
            () ->
                plan(
                    "max-sise",
                    "1",
                    "max-size",
                    "0",
                    "max-delay",
                    "soon",
                    "on-error",
                    "nul",
                    "device",
                    "",
                    "model",
                    "fraud"))
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("unknown option 'max-sise' (did you mean 'max-size'? allowed: model,")
        .hasMessageContaining("max-size: 0 (expected: 1 to 1048576)")
        .hasMessageContaining("max-delay: 'soon':")
        .hasMessageContaining("on-error: 'nul' (did you mean 'null'? expected: one of fail, null)")
        .hasMessageContaining("option 'device': missing (expected: cpu,")
        .hasMessageContaining("'fraud'");
  }

  @Test
  void everyProblemOfTheColumnsIsSaidAtOnce() {
    assertThatThrownBy(
            () ->
                plan(
                    columns("features", DataTypes.STRING(), "country", DataTypes.STRING()),
                    columns("score", DataTypes.DOUBLE(), "verdict", DataTypes.STRING()),
                    "input.feature",
                    "country"))
        .hasMessageContaining("input 'feature': not in the model's signature")
        .hasMessageContaining("field 'features' is ")
        .hasMessageContaining("OUTPUT column 'score' is DOUBLE (expected: FLOAT,")
        .hasMessageContaining("OUTPUT column 'verdict': no tensor becomes it");
    assertThatThrownBy(
            () ->
                plan(
                    columns("features", DataTypes.STRING()),
                    columns("score", DataTypes.STRING(), "verdict", DataTypes.STRING()),
                    "labels.score",
                    "good;bad"))
        .as("a column is named once")
        .hasMessageContaining("output 'score': 2 labels for ")
        .hasMessageContaining("OUTPUT column 'verdict': no tensor becomes it")
        .hasMessageNotContaining("OUTPUT column 'score'");
    assertThatThrownBy(
            () ->
                plan(
                    columns("features", FLOATS, "country", DataTypes.STRING()),
                    columns("score", DataTypes.DOUBLE(), "verdict", DataTypes.STRING())))
        .hasMessageContaining("INPUT column 'country': no tensor takes it")
        .hasMessageContaining("OUTPUT column 'score' is DOUBLE (expected: FLOAT,")
        .hasMessageContaining("OUTPUT column 'verdict': no tensor becomes it");
  }

  @Test
  void aColumnThatMayBeNullIsNotDeclaredOtherwise() {
    ResolvedSchema out = columns("score", DataTypes.FLOAT().notNull());

    plan(columns("features", FLOATS), out);
    assertThatThrownBy(() -> plan(columns("features", FLOATS), out, "on-error", "null"))
        .hasMessageContaining("OUTPUT column 'score' is FLOAT NOT NULL (expected: not NOT NULL");
  }

  @Test
  void latestIsForDevelopment() {
    assertThatThrownBy(() -> plan("model", "fraud:latest"))
        .hasMessageContaining("'latest' is for statements with 'development' = 'true'");

    plan("model", "fraud:latest", "development", "true");
  }

  @Test
  void aVersionWithoutATrustedSignatureIsRefused(@TempDir Path folder) throws Exception {
    for (String name : List.of("signed", "other", "unsigned")) {
      fraud.publish(name, "1.0.0", files -> OnnxModels.logistic(files, 0, 1, 1, 1, 1));
    }
    String key = fraud.sign("signed", "1.0.0", folder).toString();
    String other = fraud.sign("other", "1.0.0", folder).toString();

    assertThat(plan("model", "signed:1.0.0", "verify.keys", key)).isNotNull();
    assertThat(plan("model", "signed:1.0.0", "verify.keys", other + "; " + key)).isNotNull();
    assertThatThrownBy(() -> plan("model", "signed:1.0.0", "verify.keys", other))
        .hasMessageContaining("signed:1.0.0")
        .hasMessageContaining("signature");
    assertThatThrownBy(() -> plan("model", "unsigned:1.0.0", "verify.keys", key))
        .hasMessageContaining("unsigned:1.0.0")
        .hasMessageContaining("signature");
    assertThatThrownBy(() -> plan("verify.keys", folder.resolve("none.pem").toString()))
        .hasMessageContaining("none.pem': cannot be read");
  }

  /** As of a variable that is not set: a list of no keys would ask for no signature. */
  @Test
  void anOptionIsNotBlank() {
    for (String blank : List.of(" ", ";", " ; ")) {
      assertThatThrownBy(() -> plan("verify.keys", blank))
          .hasMessageContaining(
              "option 'verify.keys': '%s' (expected: a value, or no such option)", blank);
    }
    assertThatThrownBy(() -> plan("development", "yes"))
        .hasMessageContaining("development: 'yes' (expected: true or false)");
  }

  @Test
  void aColumnThatTheNameOfAnotherBeginsWithIsNotTaken() {
    assertThatThrownBy(
            () ->
                plan(
                    columns("features", FLOATS, "feature", DataTypes.STRING()),
                    columns("score", DataTypes.FLOAT()),
                    "input.features",
                    "features"))
        .hasMessageContaining("INPUT column 'feature': no tensor takes it");
  }

  @Test
  void theFactoryIsFoundByItsName() {
    assertThat(new TidemillModelFactory().factoryIdentifier()).isEqualTo("tidemill");
    assertThat(new TidemillModelFactory().requiredOptions())
        .extracting(option -> option.key())
        .containsExactlyInAnyOrderElementsOf(List.of("model", "store", "device"));
  }
}
