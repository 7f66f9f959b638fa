package io.tidemill.model.engine.xgboost;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.InvalidNullException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tidemill.model.InvalidModelException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a saved booster says, under XGBoost's own names and as far as a prediction depends on it.
 *
 * <p>It is read before XGBoost reads the file, to prove what XGBoost takes on trust: that the file
 * is whole, and that no index in it leads out of the array it is for. XGBoost follows one that
 * does, and takes the process with it. What is of the wrong kind, missing or unknown without being
 * dangerous is for XGBoost to refuse. What is absent is as if it were empty, unless it may be null.
 *
 * <p>Immutable and thread-safe, if nobody writes into the arrays.
 */
@SuppressWarnings("ArrayRecordComponent") // Compared with nothing, and large.
record SavedBooster(@JsonSetter(nulls = Nulls.FAIL) Learner learner) {
  private static final int MOST_GROUPS = 1 << 16;
  private static final int DEEPEST = 64;

  private static final ObjectReader JSON;
  private static final ObjectReader UBJ;
  private static final ObjectReader BASE_SCORE;

  static {
    JsonFactory json =
        JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();
    JSON = mapper(json).readerFor(SavedBooster.class);
    UBJ = mapper(new UbjParser.Factory(json)).readerFor(SavedBooster.class);
    BASE_SCORE =
        mapper(json)
            .readerFor(float[].class)
            .with(
                DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY,
                DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  }

  private static JsonMapper mapper(JsonFactory factory) {
    return JsonMapper.builder(factory)
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .defaultSetterInfo(JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY, Nulls.FAIL))
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .build();
  }

  /**
   * Reads and checks a file.
   *
   * @param subject what messages begin with
   * @throws InvalidModelException if it is cut off, damaged or something else
   */
  static SavedBooster read(String subject, Path file) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      @Nullable SavedBooster booster =
          (file.toString().endsWith(".ubj") ? UBJ : JSON).readValue(in);
      if (booster == null) {
        throw new IllegalArgumentException("nothing");
      }
      booster.check();
      return booster;
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidModelException(
          "%s: %s cannot be scored: %s (expected: a booster of trees, whole, as Booster.save_model(\"%s\") of XGBoost 1.6 to 3.4 wrote it)"
              .formatted(subject, file.getFileName(), problem(e), file.getFileName()),
          e);
    }
  }

  /**
   * The iterations whose trees a prediction adds up: after early stopping those up to the best one,
   * as XGBoost's classes for scikit-learn do; 0 for all.
   */
  int iterations() {
    Map<String, String> attributes = learner.attributes;
    String best = "best_iteration";
    return attributes.containsKey(best) ? number(attributes, best, 0) + 1 : 0;
  }

  int trees() {
    return learner.gradientBooster.trees().trees.size();
  }

  /** The trees of these iterations. */
  int addedTrees() {
    int[] ends = learner.gradientBooster.trees().ends();
    int iterations = iterations();
    return iterations == 0 || iterations >= ends.length ? trees() : ends[iterations];
  }

  private void check() {
    learner.check();
    iterations();
  }

  /** What was found and, of what Jackson found, where. */
  private static String problem(Exception e) {
    if (!(e instanceof JsonProcessingException found)) {
      return e instanceof IOException ? e.toString() : String.valueOf(e.getMessage());
    }
    StringBuilder place = new StringBuilder("model");
    if (found instanceof JsonMappingException at) {
      for (JsonMappingException.Reference step : at.getPath()) {
        String name = step.getFieldName();
        place.append(name == null ? "[" + step.getIndex() + "]" : "." + name);
      }
    }
    if (found instanceof InvalidNullException) {
      return place + ": nothing";
    }
    if (found instanceof MismatchedInputException other && other.getTargetType() != null) {
      return "%s: no %s".formatted(place, other.getTargetType().getSimpleName());
    }
    return "%s: %s".formatted(place, found.getOriginalMessage());
  }

  /**
   * What was learned.
   *
   * @param learnerModelParam numbers, as text
   * @param attributes what training and its tools left
   */
  record Learner(
      Map<String, String> learnerModelParam,
      @JsonSetter(nulls = Nulls.FAIL) GradientBooster gradientBooster,
      Map<String, String> attributes) {

    private void check() {
      int features = number(learnerModelParam, "num_feature", 0);
      int groups =
          Math.max(
              number(learnerModelParam, "num_class", 0),
              number(learnerModelParam, "num_target", 1));
      if (groups < 1 || groups > MOST_GROUPS) {
        throw new IllegalArgumentException(
            "%d classes or targets (expected: 1 to %d)".formatted(groups, MOST_GROUPS));
      }
      checkBaseScore(learnerModelParam.getOrDefault("base_score", ""), groups);
      gradientBooster.check(features, groups);
    }

    /** One for all classes or targets, as text; since XGBoost 3.1 one for each, in brackets. */
    private static void checkBaseScore(String text, int groups) {
      int scores;
      try {
        float[] values = BASE_SCORE.readValue(text);
        scores = values.length;
      } catch (JsonProcessingException notNumbers) {
        scores = 0;
      }
      if (scores != 1 && scores != groups) {
        throw new IllegalArgumentException(
            "base_score '%s' (expected: a number, or %d in brackets)".formatted(text, groups));
      }
    }
  }

  /**
   * The trees and how they are added up. Before XGBoost 3.3 a {@code dart} is a booster in the
   * booster, whose weights are beside it.
   */
  record GradientBooster(
      String name,
      @JsonSetter(nulls = Nulls.SET) @Nullable Model model,
      @JsonSetter(nulls = Nulls.SET) @Nullable GradientBooster gbtree,
      float[] weightDrop) {

    Model trees() {
      Model trees = name.equals("dart") && gbtree != null ? gbtree.model : model;
      if (trees == null || !(name.equals("dart") || name.equals("gbtree"))) {
        throw new IllegalArgumentException(
            "gradient_booster: '%s' (expected: gbtree or dart)".formatted(name));
      }
      return trees;
    }

    private void check(int features, int groups) {
      Model trees = trees();
      trees.check(features, groups);
      if (name.equals("dart") || weightDrop.length > 0) {
        checkCount("weight_drop", weightDrop.length, trees.trees.size());
      }
    }
  }

  /**
   * The trees.
   *
   * @param gbtreeModelParam numbers, as text
   * @param treeInfo the class or target that each tree adds to
   * @param iterationIndptr where the trees of each iteration begin; XGBoost 2.0 and later write it
   * @param weightDrop the weight of each tree of a {@code dart}; XGBoost 3.3 and later write it
   *     here
   */
  record Model(
      Map<String, String> gbtreeModelParam,
      int[] treeInfo,
      @JsonSetter(nulls = Nulls.SET) int @Nullable [] iterationIndptr,
      float[] weightDrop,
      List<SavedTree> trees) {

    private void check(int features, int groups) {
      int count = trees.size();
      if (count == 0) {
        throw new IllegalArgumentException("no trees (expected: some)");
      }
      checkCount("tree_info", treeInfo.length, count);
      for (int group : treeInfo) {
        if (group < 0 || group >= groups) {
          throw new IllegalArgumentException(
              "a tree of group %d (expected: below %d)".formatted(group, groups));
        }
      }
      if (weightDrop.length > 0) {
        checkCount("weight_drop", weightDrop.length, count);
      }
      checkIterations(count);
      BitSet seen = new BitSet(count);
      for (SavedTree tree : trees) {
        int id = tree.id();
        if (id < 0 || id >= count || seen.get(id)) {
          throw new IllegalArgumentException(
              "a tree's id %d (expected: each below %d once)".formatted(id, count));
        }
        seen.set(id);
        tree.check(features, groups);
      }
    }

    /** Where the trees of each iteration begin, and all end. */
    int[] ends() {
      if (iterationIndptr != null) {
        return iterationIndptr;
      }
      int layer = Math.toIntExact(Math.min(layer(), trees.size()));
      return IntStream.rangeClosed(0, trees.size() / layer).map(end -> end * layer).toArray();
    }

    /** Trees of an iteration, of a file that says where none begins. */
    private long layer() {
      long groups = 1L + Arrays.stream(treeInfo).max().orElse(0);
      return groups * Math.max(1, number(gbtreeModelParam, "num_parallel_tree", 1));
    }

    private void checkIterations(int count) {
      if (iterationIndptr == null && layer() > count) {
        throw new IllegalArgumentException(
            "%d trees in each iteration (expected: at most %d, which are all)"
                .formatted(layer(), count));
      }
      int[] ends = iterationIndptr == null ? new int[] {0, count} : iterationIndptr;
      boolean rises = ends.length > 0 && ends[0] == 0 && ends[ends.length - 1] == count;
      for (int i = 1; rises && i < ends.length; i++) {
        rises = ends[i - 1] <= ends[i];
      }
      if (!rises) {
        throw new IllegalArgumentException(
            "iteration_indptr does not rise from 0 to %d trees".formatted(count));
      }
    }
  }

  static void checkCount(String key, int count, int expected) {
    if (count != expected) {
      throw new IllegalArgumentException(
          "%s has %d values (expected: %d)".formatted(key, count, expected));
    }
  }

  /** A number that XGBoost writes as text, from 0 on; one that is absent has XGBoost's default. */
  static int number(Map<String, String> parameters, String key, int absent) {
    String text = parameters.getOrDefault(key, String.valueOf(absent));
    if (!text.matches("[0-9]{1,9}")) {
      throw new IllegalArgumentException("%s '%s' (expected: a number)".formatted(key, text));
    }
    return Integer.parseInt(text);
  }
}
