package io.tidemill.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The models that are measured.
 *
 * @param mlp with 32 features
 * @param cnn the convolutional network
 * @param mlpByFeatures the first with several numbers of features, fewest first
 * @param engines calls of every engine, the same batches of each
 */
record Workloads(
    Workload mlp, Workload cnn, List<Workload> mlpByFeatures, List<EngineCalls> engines) {
  private static final List<EngineWorkload> ENGINES =
      List.of(
          new TensorFlowWorkload(),
          new OnnxWorkload(false),
          new OnnxWorkload(true),
          new PyTorchWorkload(),
          new XGBoostWorkload(),
          new LightGbmWorkload());
  private static final int[] ENGINE_BATCHES = {1, 32, 512};
  private static final int[] FEATURES = {8, 32, 128, 512};

  /** Writes all models below {@code root}. */
  static Workloads write(Path root) {
    List<Workload> byFeatures = new ArrayList<>();
    for (int features : FEATURES) {
      byFeatures.add(Workload.mlp(root, features));
    }
    List<EngineCalls> engines = new ArrayList<>();
    for (EngineWorkload engine : ENGINES) {
      for (int batch : ENGINE_BATCHES) {
        engines.add(
            new EngineCalls(new EngineDuel(engine, root.resolve(engine.engine()), batch), false));
      }
    }
    return new Workloads(
        Workload.mlp(root), Workload.cnn(root), List.copyOf(byFeatures), List.copyOf(engines));
  }
}
