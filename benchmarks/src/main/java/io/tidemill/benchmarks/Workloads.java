package io.tidemill.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The models that are measured.
 *
 * @param mlp with 32 features
 * @param cnn the convolutional network
 * @param mlpByFeatures the first with other numbers of features, itself among them, fewest first
 */
record Workloads(Workload mlp, Workload cnn, List<Workload> mlpByFeatures) {
  private static final int[] FEATURES = {8, 32, 128, 512};

  /** Writes all models below {@code root}. */
  static Workloads write(Path root) {
    Workload mlp = Workload.mlp(root);
    List<Workload> byFeatures = new ArrayList<>();
    for (int features : FEATURES) {
      byFeatures.add(features == mlp.inputElements() ? mlp : Workload.mlp(root, features));
    }
    return new Workloads(mlp, Workload.cnn(root), List.copyOf(byFeatures));
  }
}
