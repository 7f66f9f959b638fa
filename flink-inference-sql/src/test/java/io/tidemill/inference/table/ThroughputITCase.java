package io.tidemill.inference.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.Inference;
import io.tidemill.inference.Scored;
import io.tidemill.inference.codec.RowBinding;
import io.tidemill.inference.step.OutputField;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.Device;
import io.tidemill.model.ModelRef;
import io.tidemill.model.engine.onnx.OnnxModels;
import io.tidemill.model.loader.StoredModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same rows through {@code ML_PREDICT} and through a job's step. Of few rows, as a build has
 * them, it shows that every row leaves; docs/sql.md says how its figures are made.
 */
@Timeout(value = 1_800, unit = TimeUnit.SECONDS)
class ThroughputITCase {
  private static final int FEATURES = 32;
  private static final long ROWS = Long.getLong("tidemill.test.rows", 20_000);
  private static final RowType TYPE =
      RowType.of(
          false,
          new LogicalType[] {new BigIntType(false), new ArrayType(false, new FloatType(false))},
          new String[] {"id", "features"});

  private static Fraud fraud = new Fraud("");

  @BeforeAll
  static void publish(@TempDir Path folder) throws Exception {
    fraud = Fraud.in(folder);
    fraud.publish("mlp", "1.0.0", files -> OnnxModels.mlp(files, FEATURES));
  }

  /** Makes a row of a number. */
  private static final class Rows implements MapFunction<Long, RowData> {
    private static final long serialVersionUID = 1L;

    @Override
    public RowData map(Long id) {
      float[] features = new float[FEATURES];
      features[0] = id;
      return GenericRowData.of(id, new GenericArrayData(features));
    }
  }

  /** Counts what leaves. */
  public static final class Seen extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    static final LongAdder COUNT = new LongAdder();

    public Float eval(Float score) {
      COUNT.increment();
      return score;
    }
  }

  private static StreamExecutionEnvironment environment() {
    Configuration configuration = new Configuration();
    configuration.setString("parallelism.default", "1");
    configuration.setString("pipeline.object-reuse", "true");
    return StreamExecutionEnvironment.getExecutionEnvironment(configuration);
  }

  private static DataStream<RowData> rows(StreamExecutionEnvironment environment, long count) {
    return environment.fromSequence(1, count).map(new Rows()).returns(InternalTypeInfo.of(TYPE));
  }

  private static long perSecond(long count, long startedNanos) {
    return Math.round(count * 1e9 / (System.nanoTime() - startedNanos));
  }

  private static void say(String way, long perSecond) {
    System.out.printf("%-50s %,9d records/s%n", way, perSecond);
  }

  private static String tidemill() {
    return """
        'provider' = 'tidemill', 'model' = 'mlp:1.0.0', 'store' = '%s', 'device' = 'cpu',
        'max-size' = '512', 'max-delay' = '5ms'
        """
        .formatted(fraud.store());
  }

  private static long sql(long count, String model, String options) throws Exception {
    StreamExecutionEnvironment environment = environment();
    StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
    tables.createTemporarySystemFunction("seen", Seen.class);
    tables.createTemporaryView("t", rows(environment, count));
    tables.executeSql(
        """
        CREATE MODEL mlp INPUT (features ARRAY<FLOAT>) OUTPUT (score FLOAT) WITH (%s)
        """
            .formatted(model));
    tables.executeSql("CREATE TABLE sink (score FLOAT) WITH ('connector' = 'blackhole')");
    long before = Seen.COUNT.sum();
    long started = System.nanoTime();
    tables
        .executeSql(
            "INSERT INTO sink SELECT seen(score) FROM ML_PREDICT(TABLE t, MODEL mlp,"
                + " DESCRIPTOR(features)%s)".formatted(options))
        .await();
    long perSecond = perSecond(count, started);
    assertThat(Seen.COUNT.sum() - before).isEqualTo(count);
    return perSecond;
  }

  private static long step() throws Exception {
    StreamExecutionEnvironment environment = environment();
    StoredModel model =
        StoredModel.resolve(fraud.store(), ModelRef.parse("mlp:1.0.0"), Device.parse("cpu"));
    RowBinding binding =
        RowBinding.plan(
            TYPE,
            model.signature(),
            Map.of("features", List.of("features")),
            Map.of("score", new OutputField("score")),
            false);
    Scored<RowData, RowData> scored =
        Inference.on(rows(environment, ROWS))
            .model(model)
            .encode(binding.encoder())
            .decode(binding.decoder(), InternalTypeInfo.of(binding.outputType()))
            .apply(
                "mlp",
                StepSettings.defaults()
                    .withMaxSize(512)
                    .withMaxDelay(Duration.ofMillis(5))
                    .withFresh(true));
    scored.predictions().sinkTo(new DiscardingSink<>());
    long started = System.nanoTime();
    environment.execute();
    return perSecond(ROWS, started);
  }

  @Test
  void everyRowLeavesEachWay() throws Exception {
    String many = ", MAP['max-concurrent-operations', '%d', 'output-mode', '%s']";
    String unordered = many.formatted(2048, "ALLOW_UNORDERED");
    if (ROWS > 100_000) {
      sql(ROWS, tidemill(), unordered); // For the compiler.
    }

    say("ML_PREDICT, Flink's 10 concurrent operations", sql(ROWS / 20, tidemill(), ""));
    for (int operations : new int[] {512, 2048, 8192}) {
      String ordered = many.formatted(operations, "ORDERED");
      say("ML_PREDICT, %,d, ordered".formatted(operations), sql(ROWS, tidemill(), ordered));
    }
    say("ML_PREDICT, 2,048, unordered", sql(ROWS, tidemill(), unordered));
    say("a model that answers at once, unordered", sql(ROWS, "'provider' = 'instant'", unordered));
    say("a job's step", step());
  }
}
