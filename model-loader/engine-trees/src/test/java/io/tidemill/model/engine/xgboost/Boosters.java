package io.tidemill.model.engine.xgboost;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/** Boosters that tests train: 8 features, every tenth value missing. */
public final class Boosters {
  static final int FEATURES = 8;
  static final ModelVersion VERSION =
      new ModelVersion("fraud", SemanticVersion.parse("1.4.2"), "sha256:" + "0".repeat(64));
  static final TensorSpec INPUT = TensorSpec.of("features", ElementType.FLOAT32, -1, FEATURES);
  static final Signature SINGLE =
      new Signature(List.of(INPUT), List.of(TensorSpec.of("prediction", ElementType.FLOAT32, -1)));
  static final Signature TRIPLE =
      new Signature(
          List.of(INPUT), List.of(TensorSpec.of("prediction", ElementType.FLOAT32, -1, 3)));

  private static final long SEED = 11;
  private static final int ROWS = 400;
  private static final int CATEGORIES = 7;

  /** What a booster predicts, with XGBoost's name for it. */
  public enum Objective {
    REGRESSION("reg:squarederror", 1, false),
    BINARY("binary:logistic", 1, false),
    PROBABILITIES("multi:softprob", 3, true),
    CLASS("multi:softmax", 3, false);

    final String label;
    private final int classes;
    private final boolean oneScorePerClass;

    Objective(String label, int classes, boolean oneScorePerClass) {
      this.label = label;
      this.classes = classes;
      this.oneScorePerClass = oneScorePerClass;
    }

    Signature signature() {
      return oneScorePerClass ? TRIPLE : SINGLE;
    }
  }

  private Boosters() {}

  /** Trains a booster and saves it in the folder under this name. */
  public static ml.dmlc.xgboost4j.java.Booster train(
      Path directory, String name, Objective objective) throws XGBoostError {
    Map<String, Object> parameters = new HashMap<>();
    parameters.put("objective", objective.label);
    if (objective.classes > 1) {
      parameters.put("num_class", objective.classes);
    }
    return train(directory, name, parameters);
  }

  static ml.dmlc.xgboost4j.java.Booster train(
      Path directory, String name, Map<String, Object> parameters) throws XGBoostError {
    float[] features = features(ROWS, SEED);
    float[] labels = new float[ROWS];
    boolean classes = String.valueOf(parameters.get("objective")).startsWith("multi");
    for (int row = 0; row < ROWS; row++) {
      float first = features[row * FEATURES];
      float sum = (Float.isNaN(first) ? 0.5f : first) + features[row * FEATURES + 1];
      labels[row] = classes ? row % 3 : sum > 0 ? 1 : 0;
    }
    DMatrix matrix = new DMatrix(features, ROWS, FEATURES, Float.NaN);
    matrix.setLabel(labels);
    return train(directory.resolve(name), matrix, parameters);
  }

  /** Trains a booster whose first feature is one of seven categories, by which it splits. */
  static ml.dmlc.xgboost4j.java.Booster trainOnCategories(Path directory, String name)
      throws XGBoostError {
    float[] features = features(ROWS, SEED);
    float[] labels = new float[ROWS];
    for (int row = 0; row < ROWS; row++) {
      int category = row % CATEGORIES;
      features[row * FEATURES] = category;
      labels[row] = category == 1 || category == 4 ? 1 : 0;
    }
    DMatrix matrix = new DMatrix(features, ROWS, FEATURES, Float.NaN);
    matrix.setLabel(labels);
    String[] types = new String[FEATURES];
    Arrays.fill(types, "float");
    types[0] = "c";
    matrix.setFeatureTypes(types);
    Map<String, Object> parameters =
        Map.of("objective", "binary:logistic", "tree_method", "hist", "max_cat_to_onehot", 1);
    return train(directory.resolve(name), matrix, parameters);
  }

  private static ml.dmlc.xgboost4j.java.Booster train(
      Path file, DMatrix matrix, Map<String, Object> parameters) throws XGBoostError {
    Map<String, Object> all = new HashMap<>(parameters);
    all.putIfAbsent("max_depth", 4);
    all.put("nthread", 1);
    ml.dmlc.xgboost4j.java.Booster booster = XGBoost.train(matrix, all, 10, Map.of(), null, null);
    booster.saveModel(file.toString());
    matrix.dispose();
    return booster;
  }

  /** A tree that goes down so many levels, each with a leaf at the left. */
  static String chain(int levels) {
    int nodes = 2 * levels + 1;
    IntFunction<String> left = node -> node % 2 == 1 || node == nodes - 1 ? "-1" : "" + (node + 1);
    IntFunction<String> right = node -> node % 2 == 1 || node == nodes - 1 ? "-1" : "" + (node + 2);
    String zeros = array(nodes, node -> "0");
    String decimals = array(nodes, node -> "1E-1");
    String tree =
        "{'id':0,'left_children':%s,'right_children':%s,'parents':%s,'split_indices':%s,'default_left':%s,'split_conditions':%s,'base_weights':%s,'loss_changes':%s,'sum_hessian':%s,'tree_param':{'num_deleted':'0','num_feature':'8','num_nodes':'%d','size_leaf_vector':'1'}}"
            .formatted(
                array(nodes, left),
                array(nodes, right),
                array(nodes, node -> node == 0 ? "2147483647" : "" + (node - 1) / 2 * 2),
                zeros,
                zeros,
                decimals,
                decimals,
                decimals,
                decimals,
                nodes);
    return "{'learner':{'attributes':{},'gradient_booster':{'name':'gbtree','model':{'gbtree_model_param':{'num_parallel_tree':'1','num_trees':'1'},'iteration_indptr':[0,1],'tree_info':[0],'trees':[%s]}},'learner_model_param':{'base_score':'[5E-1]','num_class':'0','num_feature':'8','num_target':'1'},'objective':{'name':'reg:squarederror','reg_loss_param':{'scale_pos_weight':'1'}}},'version':[3,4,0]}"
        .formatted(tree)
        .replace('\'', '"');
  }

  private static String array(int size, IntFunction<String> value) {
    return IntStream.range(0, size).mapToObj(value).collect(Collectors.joining(",", "[", "]"));
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

  static Model load(Path directory, Signature signature) {
    return new XGBoostEngine().load(VERSION, signature, directory, Placement.CPU);
  }
}
