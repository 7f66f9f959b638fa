package io.tidemill.benchmarks;

import com.microsoft.ml.lightgbm.PredictionType;
import io.github.metarank.lightgbm4j.LGBMBooster;
import io.github.metarank.lightgbm4j.LGBMDataset;
import io.tidemill.model.Device;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.engine.lightgbm.LightGbmModelLoader;
import io.tidemill.model.engine.xgboost.XGBoostModelLoader;
import io.tidemill.model.loader.ModelLoader;
import io.tidemill.model.loader.SignatureReaders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import org.apache.arrow.memory.BufferAllocator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One call of a hundred trees of depth 6 over 32 floats: the engine's own Java API on an array
 * beside {@link Model} on columns, both with one thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before the benchmark.
public class TreesCallBenchmark {
  private static final int FEATURES = 32;
  private static final int TRAINING_ROWS = 2_000;
  private static final int TREES = 100;

  @Param({"xgboost", "lightgbm"})
  String engine;

  @Param({"1", "32", "512"})
  int batch;

  private RawCall raw;
  private float[] rows;
  private Model model;
  private BufferAllocator allocator;
  private ColumnBatch input;

  private interface RawCall {
    Object predict(float[] rows, int count) throws Exception;
  }

  @Setup(Level.Trial)
  public void open() throws Exception {
    Path folder = Files.createTempDirectory("tidemill-benchmarks");
    raw = engine.equals("xgboost") ? trainXGBoost(folder) : trainLightGbm(folder);
    ModelLoader loader =
        engine.equals("xgboost") ? new XGBoostModelLoader() : new LightGbmModelLoader();
    ModelVersion version =
        new ModelVersion(engine, SemanticVersion.parse("1.0.0"), "sha256:" + "0".repeat(64));
    model =
        loader.load(
            version, SignatureReaders.of(engine).orElseThrow().read(folder), folder, Device.CPU);
    rows = random(batch);
    allocator = ColumnMemory.child("benchmark", Long.MAX_VALUE);
    input = ColumnBatch.allocate(allocator, model.signature().inputColumns(), batch);
    input.fixedWidth(0).setFloats(0, rows, 0, rows.length);
    input.rows(batch);
  }

  private static RawCall trainXGBoost(Path folder) throws Exception {
    DMatrix matrix = new DMatrix(random(TRAINING_ROWS), TRAINING_ROWS, FEATURES, Float.NaN);
    matrix.setLabel(labels());
    Map<String, Object> parameters =
        Map.of("objective", "binary:logistic", "max_depth", 6, "nthread", 1);
    Booster booster = XGBoost.train(matrix, parameters, TREES, Map.of(), null, null);
    booster.saveModel(folder.resolve("model.ubj").toString());
    return (values, count) -> booster.inplace_predict(values, count, FEATURES, Float.NaN);
  }

  private static RawCall trainLightGbm(Path folder) throws Exception {
    String parameters = "objective=binary num_leaves=63 num_threads=1 verbosity=-1";
    LGBMDataset dataset =
        LGBMDataset.createFromMat(
            random(TRAINING_ROWS), TRAINING_ROWS, FEATURES, true, parameters, null);
    dataset.setField("label", labels());
    LGBMBooster booster = LGBMBooster.create(dataset, parameters);
    for (int tree = 0; tree < TREES; tree++) {
      booster.updateOneIter();
    }
    Files.writeString(
        folder.resolve("model.txt"),
        booster.saveModelToString(0, -1, LGBMBooster.FeatureImportanceType.SPLIT));
    return (values, count) ->
        booster.predictForMat(
            values,
            count,
            FEATURES,
            true,
            PredictionType.C_API_PREDICT_NORMAL,
            "num_threads=1 verbosity=-1");
  }

  private static float[] random(int count) {
    Random random = new Random(count);
    float[] values = new float[count * FEATURES];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static float[] labels() {
    float[] features = random(TRAINING_ROWS);
    float[] labels = new float[TRAINING_ROWS];
    for (int row = 0; row < TRAINING_ROWS; row++) {
      labels[row] = features[row * FEATURES] + features[row * FEATURES + 1] > 0 ? 1 : 0;
    }
    return labels;
  }

  @TearDown(Level.Trial)
  public void close() {
    input.close();
    allocator.close();
    model.close();
  }

  @Benchmark
  public Object raw() throws Exception {
    return raw.predict(rows, batch);
  }

  @Benchmark
  public int predict() {
    try (ColumnBatch output = model.predict(input, allocator)) {
      return output.rows();
    }
  }
}
