package io.tidemill.model.engine.lightgbm;

import com.microsoft.ml.lightgbm.SWIGTYPE_p_double;
import com.microsoft.ml.lightgbm.SWIGTYPE_p_float;
import com.microsoft.ml.lightgbm.SWIGTYPE_p_int;
import com.microsoft.ml.lightgbm.SWIGTYPE_p_long_long;
import com.microsoft.ml.lightgbm.SWIGTYPE_p_p_void;
import com.microsoft.ml.lightgbm.SWIGTYPE_p_void;
import com.microsoft.ml.lightgbm.lightgbmlib;
import com.microsoft.ml.lightgbm.lightgbmlibConstants;
import io.github.metarank.lightgbm4j.LGBMBooster;
import io.github.metarank.lightgbm4j.LGBMDataset;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Boosters that tests train: 8 features, every tenth value missing. */
public final class Boosters {
  static final int FEATURES = 8;
  static final ModelVersion VERSION =
      new ModelVersion("fraud", SemanticVersion.parse("1.4.2"), "sha256:" + "0".repeat(64));
  static final TensorSpec INPUT = TensorSpec.of("features", ElementType.FLOAT32, -1, FEATURES);
  static final Signature SINGLE =
      new Signature(List.of(INPUT), List.of(TensorSpec.of("prediction", ElementType.FLOAT64, -1)));
  static final Signature TRIPLE =
      new Signature(
          List.of(INPUT), List.of(TensorSpec.of("prediction", ElementType.FLOAT64, -1, 3)));

  private static final long SEED = 11;
  private static final int ROWS = 400;

  /** What a booster predicts, with LightGBM's name for it. */
  public enum Objective {
    REGRESSION("regression", 1),
    BINARY("binary", 1),
    CLASSES("multiclass", 3);

    final String label;
    final int classes;

    Objective(String label, int classes) {
      this.label = label;
      this.classes = classes;
    }

    Signature signature() {
      return classes > 1 ? TRIPLE : SINGLE;
    }
  }

  static {
    try {
      LGBMBooster.loadNative();
      // Mapped by now: another process of tests would write over them, and this one crash.
      for (String library : List.of("lib_lightgbm.so", "lib_lightgbm_swig.so")) {
        Files.deleteIfExists(Path.of(System.getProperty("java.io.tmpdir"), library));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Boosters() {}

  /** Trains a booster and saves it in the folder as {@code model.txt}. */
  public static LGBMBooster train(Path directory, Objective objective) throws Exception {
    return train(directory, objective, 10, "num_leaves=15");
  }

  /** Trains a booster whose first feature is one of seven categories, by which it splits. */
  static void trainOnCategories(Path directory) throws Exception {
    float[] features = features(ROWS, SEED);
    float[] labels = new float[ROWS];
    for (int row = 0; row < ROWS; row++) {
      int category = row % 7;
      features[row * FEATURES] = category;
      labels[row] = category == 1 || category == 4 || category == 6 ? 1 : 0;
    }
    String more =
        "num_leaves=5 categorical_feature=0 max_cat_to_onehot=1 min_data_per_group=1 cat_smooth=1";
    train(directory, Objective.BINARY, 3, more, features, labels).close();
  }

  static LGBMBooster train(Path directory, Objective objective, int rounds, String more)
      throws Exception {
    float[] features = features(ROWS, SEED);
    float[] labels = new float[ROWS];
    for (int row = 0; row < ROWS; row++) {
      float first = features[row * FEATURES];
      float sum = (Float.isNaN(first) ? 0.5f : first) + features[row * FEATURES + 1];
      labels[row] = objective.classes > 1 ? row % 3 : sum > 0 ? 1 : 0;
    }
    return train(directory, objective, rounds, more, features, labels);
  }

  private static LGBMBooster train(
      Path directory,
      Objective objective,
      int rounds,
      String more,
      float[] features,
      float[] labels)
      throws Exception {
    String parameters =
        "objective=%s num_class=%d num_threads=1 verbosity=-1 min_data_in_leaf=2 %s"
            .formatted(objective.label, objective.classes, more);
    try (LGBMDataset dataset =
        LGBMDataset.createFromMat(features, ROWS, FEATURES, true, parameters, null)) {
      dataset.setField("label", labels);
      LGBMBooster booster = LGBMBooster.create(dataset, parameters);
      for (int round = 0; round < rounds; round++) {
        booster.updateOneIter();
      }
      String text = booster.saveModelToString(0, -1, LGBMBooster.FeatureImportanceType.SPLIT);
      booster.close();
      Files.writeString(directory.resolve("model.txt"), text);
      return LGBMBooster.loadModelFromString(text);
    }
  }

  /** Rows with every tenth value missing. */
  static float[] features(int rows, long seed) {
    return features(rows, FEATURES, seed);
  }

  static float[] features(int rows, int columns, long seed) {
    Random random = new Random(seed);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 10 == 0 ? Float.NaN : (float) random.nextGaussian();
    }
    return values;
  }

  /**
   * What LightGBM's own interface predicts. The {@code predictForMat} of lightgbm4j has no room for
   * more than one value per row and writes past its end.
   */
  static double[] predict(Path file, float[] features, int classes) {
    int rows = features.length / FEATURES;
    SWIGTYPE_p_p_void handle = lightgbmlib.voidpp_handle();
    SWIGTYPE_p_int iterations = lightgbmlib.new_intp();
    SWIGTYPE_p_long_long length = lightgbmlib.new_int64_tp();
    SWIGTYPE_p_float data = lightgbmlib.new_floatArray(features.length);
    SWIGTYPE_p_double result = lightgbmlib.new_doubleArray((long) rows * classes);
    lightgbmlib.LGBM_BoosterCreateFromModelfile(file.toString(), iterations, handle);
    SWIGTYPE_p_void booster = lightgbmlib.voidpp_value(handle);
    for (int i = 0; i < features.length; i++) {
      lightgbmlib.floatArray_setitem(data, i, features[i]);
    }
    lightgbmlib.LGBM_BoosterPredictForMat(
        booster,
        lightgbmlib.float_to_voidp_ptr(data),
        lightgbmlibConstants.C_API_DTYPE_FLOAT32,
        rows,
        FEATURES,
        1,
        lightgbmlibConstants.C_API_PREDICT_NORMAL,
        0,
        -1,
        "num_threads=1",
        length,
        result);
    double[] scores = new double[rows * classes];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = lightgbmlib.doubleArray_getitem(result, i);
    }
    lightgbmlib.LGBM_BoosterFree(booster);
    lightgbmlib.delete_floatArray(data);
    lightgbmlib.delete_doubleArray(result);
    return scores;
  }

  static Model load(Path directory, Signature signature) {
    return new LightGbmEngine().load(VERSION, signature, directory, Placement.CPU);
  }
}
