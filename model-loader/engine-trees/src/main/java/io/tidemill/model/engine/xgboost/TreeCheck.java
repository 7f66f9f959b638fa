package io.tidemill.model.engine.xgboost;

import java.io.IOException;
import java.util.BitSet;

/** Follows a tree from its root as a prediction does. */
final class TreeCheck {
  private static final long LEAF = -1;

  /** XGBoost's own limit. */
  private static final long MOST_CATEGORIES = 1 << 24;

  private final BoosterObject tree;
  private final int nodes;
  private final long[] lefts;
  private final long[] rights;
  private final long[] splits;

  private TreeCheck(BoosterObject tree, int nodes) throws IOException {
    this.tree = tree;
    this.nodes = nodes;
    lefts = tree.integers("left_children", nodes);
    rights = tree.integers("right_children", nodes);
    splits = tree.integers("split_indices", nodes);
  }

  /**
   * Checks a tree.
   *
   * @param features of the booster
   * @param groups classes or targets: a leaf has a value for one of them or for each
   */
  static void check(BoosterObject tree, int features, int groups) throws IOException {
    BoosterObject parameters = tree.object("tree_param");
    int nodes = parameters.parameter("num_nodes", 1);
    int leafSize = Math.max(1, parameters.parameter("size_leaf_vector", 1));
    if (nodes < 1 || (leafSize != 1 && leafSize != groups)) {
      throw parameters.wrong(
          "%d nodes with %d values (expected: some, with 1 or %d)"
              .formatted(nodes, leafSize, groups));
    }
    tree.count("split_conditions", nodes);
    tree.count("default_left", nodes);
    tree.count("base_weights", Math.multiplyExact(nodes, leafSize));
    TreeCheck check = new TreeCheck(tree, nodes);
    check.parents();
    check.paths(features);
    if (tree.has("split_type")) {
      check.categories();
    }
  }

  /** Of all but the root, also of nodes that were pruned. */
  private void parents() throws IOException {
    long[] parents = tree.integers("parents", nodes);
    for (int node = 1; node < nodes; node++) {
      if (parents[node] < 0 || parents[node] >= nodes) {
        throw tree.wrong("node %d has parent %d of %d nodes".formatted(node, parents[node], nodes));
      }
    }
  }

  private void paths(int features) throws IOException {
    BitSet reached = new BitSet(nodes);
    int[] path = new int[nodes];
    int length = 0;
    path[length++] = 0;
    reached.set(0);
    while (length > 0) {
      int node = path[--length];
      if (lefts[node] == LEAF) {
        continue;
      }
      // XGBoost goes to the node behind the left one, without a look at the right one.
      boolean inside = lefts[node] > 0 && rights[node] == lefts[node] + 1 && rights[node] < nodes;
      if (!inside || reached.get((int) lefts[node]) || reached.get((int) rights[node])) {
        throw tree.wrong(
            "node %d leads to %d and %d of %d nodes"
                .formatted(node, lefts[node], rights[node], nodes));
      }
      if (splits[node] < 0 || splits[node] >= features) {
        throw tree.wrong(
            "node %d splits by feature %d of %d".formatted(node, splits[node], features));
      }
      for (int child = (int) lefts[node]; child <= rights[node]; child++) {
        reached.set(child);
        path[length++] = child;
      }
    }
  }

  /** Nodes that split by categories have their list of them, in their order. */
  private void categories() throws IOException {
    long[] types = tree.integers("split_type", nodes);
    long[] owners = tree.integers("categories_nodes");
    long[] starts = tree.integers("categories_segments", owners.length);
    long[] sizes = tree.integers("categories_sizes", owners.length);
    long[] categories = tree.integers("categories");
    int lists = 0;
    for (int node = 0; node < nodes; node++) {
      boolean owns = lists < owners.length && owners[lists] == node;
      if (types[node] != (owns ? 1 : 0)) {
        throw tree.wrong(
            "node %d has split type %d, of its own list: %s".formatted(node, types[node], owns));
      }
      if (owns) {
        long rest = categories.length - starts[lists];
        if (starts[lists] < 0 || sizes[lists] < 1 || sizes[lists] > rest) {
          throw tree.wrong("node %d has %d categories of %d".formatted(node, sizes[lists], rest));
        }
        lists++;
      }
    }
    if (lists != owners.length) {
      throw tree.wrong("%d lists of categories for %d nodes".formatted(owners.length, lists));
    }
    for (long category : categories) {
      if (category < 0 || category >= MOST_CATEGORIES) {
        throw tree.wrong(
            "category %d (expected: 0 to %d)".formatted(category, MOST_CATEGORIES - 1));
      }
    }
  }
}
