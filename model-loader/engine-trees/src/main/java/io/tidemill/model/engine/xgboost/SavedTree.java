package io.tidemill.model.engine.xgboost;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tree of a saved booster, under XGBoost's own names. All arrays but those of categories have a
 * value for each node; a node without a left child is a leaf.
 *
 * @param defaultLeft numbers, or what older versions write: true and false
 * @param leafWeights of a tree whose leaves have a value for each class or target: these values;
 *     the right child of a leaf is then its place among them
 * @param splitType 1 of a node that splits by categories; absent if none does
 * @param categoriesNodes the nodes that do, rising, and in {@code categoriesSegments} and {@code
 *     categoriesSizes} where the list of each is in {@code categories}
 */
@SuppressWarnings("ArrayRecordComponent") // Compared with nothing, and large.
record SavedTree(
    int id,
    Map<String, String> treeParam,
    int[] leftChildren,
    int[] rightChildren,
    int[] parents,
    int[] splitIndices,
    float[] splitConditions,
    List<Object> defaultLeft,
    float[] baseWeights,
    float[] lossChanges,
    float[] sumHessian,
    float[] leafWeights,
    @JsonSetter(nulls = Nulls.SET) int @Nullable [] splitType,
    int[] categoriesNodes,
    long[] categoriesSegments,
    long[] categoriesSizes,
    int[] categories) {
  private static final int LEAF = -1;

  /** XGBoost goes down by calling itself. */
  private static final int DEEPEST = 4096;

  /** XGBoost's own limit. */
  private static final int MOST_CATEGORIES = 1 << 24;

  /**
   * Follows the tree from its root as a prediction does.
   *
   * @param features of the booster
   * @param groups classes or targets: a leaf has a value for one of them or for each
   * @throws IllegalArgumentException if it leads out of an array
   */
  void check(int features, int groups) {
    int nodes = SavedBooster.number(treeParam, "num_nodes", 1);
    int leafSize = Math.max(1, SavedBooster.number(treeParam, "size_leaf_vector", 1));
    if (nodes < 1 || (leafSize != 1 && leafSize != groups)) {
      throw wrong(
          "%d nodes with %d values (expected: some, with 1 or %d)"
              .formatted(nodes, leafSize, groups));
    }
    checkCount("left_children", leftChildren.length, nodes);
    checkCount("right_children", rightChildren.length, nodes);
    checkCount("parents", parents.length, nodes);
    checkCount("split_indices", splitIndices.length, nodes);
    checkCount("split_conditions", splitConditions.length, nodes);
    checkCount("default_left", defaultLeft.size(), nodes);
    if (leafSize == 1) {
      checkCount("base_weights", baseWeights.length, nodes);
    } else {
      // Before XGBoost 3.2 they are absent, at which XGBoost 3.4 ends the process.
      checkCount("loss_changes", lossChanges.length, nodes);
      checkCount("sum_hessian", sumHessian.length, nodes);
    }
    checkParents();
    checkPaths(features, leafSize);
    if (splitType != null) {
      checkCategories(splitType);
    }
  }

  private void checkCount(String key, int count, int expected) {
    if (count != expected) {
      throw wrong("%s has %d values (expected: %d)".formatted(key, count, expected));
    }
  }

  /** Of all but the root, also of nodes that were pruned. */
  private void checkParents() {
    for (int node = 1; node < parents.length; node++) {
      if (parents[node] < 0 || parents[node] >= parents.length) {
        throw wrong(
            "node %d has parent %d of %d nodes".formatted(node, parents[node], parents.length));
      }
    }
  }

  private void checkPaths(int features, int leafSize) {
    int nodes = leftChildren.length;
    BitSet reached = new BitSet(nodes);
    int[] depths = new int[nodes];
    int[] path = new int[nodes];
    int length = 1;
    reached.set(0);
    while (length > 0) {
      int node = path[--length];
      int left = leftChildren[node];
      int right = rightChildren[node];
      if (left == LEAF) {
        checkLeaf(node, leafSize);
        continue;
      }
      // XGBoost goes to the node behind the left one, without a look at the right one.
      boolean inside = left > 0 && right == left + 1 && right < nodes;
      if (!inside || reached.get(left) || reached.get(right)) {
        throw wrong("node %d leads to %d and %d of %d nodes".formatted(node, left, right, nodes));
      }
      if (splitIndices[node] < 0 || splitIndices[node] >= features) {
        throw wrong(
            "node %d splits by feature %d of %d".formatted(node, splitIndices[node], features));
      }
      if (depths[node] == DEEPEST) {
        throw wrong("node %d is %d levels deep (expected: less)".formatted(node, DEEPEST));
      }
      reached.set(left, right + 1);
      depths[left] = depths[node] + 1;
      depths[right] = depths[node] + 1;
      path[length++] = left;
      path[length++] = right;
    }
  }

  private void checkLeaf(int node, int leafSize) {
    int leaves = leafWeights.length / leafSize;
    int leaf = rightChildren[node];
    if (leafSize > 1 && (leaf < 0 || leaf >= leaves)) {
      throw wrong(
          "leaf %d has values %d of %d (expected: as XGBoost 3.2 or later saves them)"
              .formatted(node, leaf, leaves));
    }
  }

  /** Nodes that split by categories have their list of them, in their order. */
  private void checkCategories(int[] types) {
    int owners = categoriesNodes.length;
    checkCount("split_type", types.length, leftChildren.length);
    checkCount("categories_segments", categoriesSegments.length, owners);
    checkCount("categories_sizes", categoriesSizes.length, owners);
    int lists = 0;
    for (int node = 0; node < types.length; node++) {
      boolean owns = lists < owners && categoriesNodes[lists] == node;
      if (types[node] != (owns ? 1 : 0)) {
        throw wrong(
            "node %d has split type %d, of its own list: %s".formatted(node, types[node], owns));
      }
      if (owns) {
        long size = categoriesSizes[lists];
        long rest = categories.length - categoriesSegments[lists];
        if (categoriesSegments[lists] < 0 || size < 1 || size > rest) {
          throw wrong("node %d has %d categories of %d".formatted(node, size, rest));
        }
        lists++;
      }
    }
    checkCount("categories_nodes", owners, lists);
    for (int category : categories) {
      if (category < 0 || category >= MOST_CATEGORIES) {
        throw wrong("category %d (expected: 0 to %d)".formatted(category, MOST_CATEGORIES - 1));
      }
    }
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException("tree %d: %s".formatted(id, what));
  }
}
