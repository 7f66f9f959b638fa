package io.tidemill.model.engine.xgboost;

import io.tidemill.model.InvalidModelException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads a saved booster before XGBoost does, to prove what XGBoost takes on trust: that the file is
 * whole, and that no index in it leads out of the array it is for. XGBoost follows one that does,
 * and takes the process with it.
 *
 * <p>What is of the wrong kind, missing or unknown without being dangerous is for XGBoost to
 * refuse.
 */
final class BoosterCheck {
  private static final int MOST_GROUPS = 1 << 16;

  private BoosterCheck() {}

  /**
   * Checks a file.
   *
   * @param subject what messages begin with
   * @throws InvalidModelException if it is cut off, damaged or something else
   */
  static void check(String subject, Path file) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      BoosterValue root =
          file.toString().endsWith(".ubj")
              ? new UbjReader(in, Files.size(file)).read()
              : new JsonReader(in).read();
      check(BoosterObject.of("model", root).object("learner"));
    } catch (IOException e) {
      throw new InvalidModelException(
          "%s: %s cannot be scored: %s (expected: a booster of trees, whole, as Booster.save_model(\"%s\") of XGBoost 3.0 wrote it)"
              .formatted(subject, file.getFileName(), e.getMessage(), file.getFileName()),
          e);
    }
  }

  private static void check(BoosterObject learner) throws IOException {
    BoosterObject parameters = learner.object("learner_model_param");
    checkBaseScore(parameters);
    int features = parameters.parameter("num_feature", 0);
    int groups =
        Math.max(parameters.parameter("num_class", 0), parameters.parameter("num_target", 1));
    if (groups < 1 || groups > MOST_GROUPS) {
      throw parameters.wrong(
          "%d classes or targets (expected: 1 to %d)".formatted(groups, MOST_GROUPS));
    }
    BoosterObject booster = learner.object("gradient_booster");
    String name = booster.text("name");
    switch (name) {
      case "gbtree" -> checkTrees(booster.object("model"), features, groups);
      case "dart" -> {
        BoosterObject model = booster.object("gbtree").object("model");
        checkTrees(model, features, groups);
        booster.count("weight_drop", model.objects("trees").size());
      }
      default -> throw booster.wrong("'%s' (expected: gbtree or dart)".formatted(name));
    }
  }

  /** XGBoost 3.0 takes one that it cannot read for its default, and scores by it. */
  private static void checkBaseScore(BoosterObject parameters) throws IOException {
    String score = parameters.text("base_score");
    try {
      Float.parseFloat(score);
    } catch (NumberFormatException e) {
      throw parameters.wrong(
          "base_score '%s' (expected: one number, as XGBoost up to 3.0 saves it)".formatted(score));
    }
  }

  private static void checkTrees(BoosterObject model, int features, int groups) throws IOException {
    List<BoosterObject> trees = model.objects("trees");
    int count = trees.size();
    for (long group : model.integers("tree_info", count)) {
      if (group < 0 || group >= groups) {
        throw model.wrong("a tree of group %d (expected: below %d)".formatted(group, groups));
      }
    }
    if (model.has("iteration_indptr")) {
      checkIterations(model, count);
    }
    boolean[] seen = new boolean[count];
    for (BoosterObject tree : trees) {
      long id = tree.integer("id");
      if (id < 0 || id >= count || seen[(int) id]) {
        throw tree.wrong("id %d (expected: each below %d once)".formatted(id, count));
      }
      seen[(int) id] = true;
      TreeCheck.check(tree, features, groups);
    }
  }

  private static void checkIterations(BoosterObject model, int trees) throws IOException {
    long[] ends = model.integers("iteration_indptr");
    boolean rises = ends.length > 0 && ends[0] == 0 && ends[ends.length - 1] == trees;
    for (int i = 1; rises && i < ends.length; i++) {
      rises = ends[i - 1] <= ends[i];
    }
    if (!rises) {
      throw model.wrong("iteration_indptr does not rise from 0 to %d trees".formatted(trees));
    }
  }
}
