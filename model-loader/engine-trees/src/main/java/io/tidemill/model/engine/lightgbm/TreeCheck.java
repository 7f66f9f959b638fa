package io.tidemill.model.engine.lightgbm;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Follows a tree from its root as a prediction does. LightGBM takes on trust that no index in it
 * leads out of the array it is for and that no path comes back to where it was; otherwise it takes
 * the process with it, or never ends. It ends the process, too, where it cannot read a number of a
 * tree, or finds too few of them.
 */
final class TreeCheck {
  private static final int MOST_LINES = 22;
  private static final int CATEGORICAL = 1;
  private static final int DECISION_TYPES = 16;
  private static final long MOST_BITS = 0xffff_ffffL;

  private final TextFields tree;
  private final int features;
  private final int leaves;

  private TreeCheck(TextFields tree, int features) {
    this.tree = tree;
    this.features = features;
    leaves = tree.number("num_leaves");
  }

  /**
   * Checks a tree.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  static void check(TextFields tree, int features) {
    TreeCheck check = new TreeCheck(tree, features);
    if (check.leaves < 1) {
      throw new IllegalArgumentException("has %d leaves".formatted(check.leaves));
    }
    if (tree.size() > MOST_LINES) {
      throw new IllegalArgumentException(
          "has %d lines, of which LightGBM reads %d".formatted(tree.size(), MOST_LINES));
    }
    if (check.leaves == 1 && tree.number("num_cat") != 0) {
      throw new IllegalArgumentException("splits by categories and has one leaf");
    }
    tree.decimals("leaf_value", check.leaves);
    int nodes = check.leaves - 1;
    check.statistics(check.leaves, "leaf_weight", "leaf_count");
    check.statistics(nodes, "split_gain", "internal_value", "internal_weight", "internal_count");
    check.statistics(1, "shrinkage");
    if (nodes > 0) {
      check.splits(tree.numbers("split_feature", nodes));
      check.paths(tree.numbers("left_child", nodes), tree.numbers("right_child", nodes));
      check.decisions(nodes);
    }
    if (tree.has("is_linear") && tree.number("is_linear") != 0) {
      check.linear();
    }
  }

  /** What a file may lack. A tree of a single leaf has them of none. */
  private void statistics(int count, String... keys) {
    for (String key : keys) {
      if (tree.has(key) && (leaves > 1 || !tree.text(key).isEmpty())) {
        tree.decimals(key, count);
      }
    }
  }

  private void splits(int[] splits) {
    for (int feature : splits) {
      if (feature < 0 || feature >= features) {
        throw new IllegalArgumentException(
            "splits by feature %d of %d".formatted(feature, features));
      }
    }
  }

  private void paths(int[] lefts, int[] rights) {
    BitSet reached = new BitSet(lefts.length);
    int[] path = new int[lefts.length];
    int length = 1;
    reached.set(0);
    while (length > 0) {
      int node = path[--length];
      for (int child : new int[] {lefts[node], rights[node]}) {
        // A leaf is told by the complement of its index.
        boolean leaf = child < 0 && ~child < leaves;
        if (!leaf && (child < 0 || child >= lefts.length || reached.get(child))) {
          throw new IllegalArgumentException(
              "node %d leads to %d of %d nodes and %d leaves, or to a node that has a way to it"
                  .formatted(node, child, lefts.length, leaves));
        }
        if (!leaf) {
          reached.set(child);
          path[length++] = child;
        }
      }
    }
  }

  private void decisions(int nodes) {
    int categories = tree.number("num_cat");
    if (categories != 0) {
      categories(categories);
    }
    String[] thresholds = tree.words("threshold", nodes);
    TextFields.decimals("threshold", thresholds);
    int[] types = tree.has("decision_type") ? tree.numbers("decision_type", nodes) : new int[nodes];
    for (int node = 0; node < nodes; node++) {
      if (types[node] < 0 || types[node] >= DECISION_TYPES) {
        throw new IllegalArgumentException(
            "node %d has decision type %d".formatted(node, types[node]));
      }
      if ((types[node] & CATEGORICAL) != 0) {
        category(node, thresholds[node], categories);
      }
    }
  }

  private static void category(int node, String threshold, int categories) {
    int list = TextFields.number("threshold", threshold);
    if (list < 0 || list >= categories) {
      throw new IllegalArgumentException(
          "node %d splits by list %d of %d of categories".formatted(node, list, categories));
    }
  }

  private void categories(int count) {
    if (count < 0 || count >= leaves) {
      throw new IllegalArgumentException("has %d lists of categories".formatted(count));
    }
    int[] ends = tree.numbers("cat_boundaries", count + 1);
    boolean rises = ends[0] == 0;
    for (int i = 1; rises && i < ends.length; i++) {
      rises = ends[i - 1] <= ends[i];
    }
    if (!rises) {
      throw new IllegalArgumentException("has cat_boundaries that do not rise from 0");
    }
    for (String word : tree.words("cat_threshold", ends[count])) {
      if (!word.matches("\\d{1,10}") || Long.parseLong(word) > MOST_BITS) {
        throw new IllegalArgumentException("has '" + word + "' in cat_threshold");
      }
    }
  }

  private void linear() {
    tree.decimals("leaf_const", leaves);
    long count = 0;
    for (int one : tree.numbers("num_features", leaves)) {
      if (one < 0 || one > features) {
        throw new IllegalArgumentException("has a leaf of %d features".formatted(one));
      }
      count += one;
    }
    String[] used = words("leaf_features");
    String[] factors = words("leaf_coeff");
    if (used.length != count || factors.length != count) {
      throw new IllegalArgumentException(
          "has %d features and %d factors in its leaves, not %d"
              .formatted(used.length, factors.length, count));
    }
    TextFields.decimals("leaf_coeff", factors);
    splits(TextFields.numbers("leaf_features", used));
  }

  /** Of all leaves, with more than one space between those of two. */
  private String[] words(String key) {
    return Arrays.stream(tree.words(key)).filter(word -> !word.isEmpty()).toArray(String[]::new);
  }
}
