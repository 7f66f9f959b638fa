package io.tidemill.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Everything that the side-by-side program measures, in the order of its table. */
final class Variants {
  private static final int[] MLP_BATCHES = {1, 32, 128, 512, 2048};
  private static final int[] WORKERS = {1, 2};

  private Variants() {}

  /** All variants; their models are written below {@code root}. */
  static List<Variant> all(Path root) {
    Workload mlp = Workload.mlp(root);
    Workload cnn = Workload.cnn(root);
    List<Variant> variants = new ArrayList<>();
    for (int workers : WORKERS) {
      for (int batch : MLP_BATCHES) {
        variants.add(new RawLoop(mlp, batch, workers));
      }
      variants.add(new RawLoop(cnn, cnn.usualBatch(), workers));
    }
    for (int workers : WORKERS) {
      variants.add(new RowsLoop(mlp, mlp.usualBatch(), workers));
      variants.add(new RowsLoop(mlp, 2048, workers));
      variants.add(new RowsLoop(cnn, cnn.usualBatch(), workers));
    }
    variants.add(new PassThrough(mlp));
    for (int workers : WORKERS) {
      variants.add(new OperatorJob(mlp, mlp.usualBatch(), workers, true));
      variants.add(new OperatorJob(mlp, mlp.usualBatch(), workers, false));
      variants.add(new OperatorJob(mlp, 2048, workers, false));
      variants.add(new OperatorJob(cnn, cnn.usualBatch(), workers, false));
    }
    for (int parallelism : WORKERS) {
      variants.add(new BufferingFlatMap(mlp, mlp.usualBatch(), parallelism));
      variants.add(new BufferingFlatMap(mlp, 2048, parallelism));
      variants.add(new BufferingFlatMap(cnn, cnn.usualBatch(), parallelism));
    }
    for (int workers : WORKERS) {
      variants.add(new PerRecordCalls(mlp, workers, true));
      variants.add(new PerRecordCalls(mlp, workers, false));
      variants.add(new PerRecordCalls(cnn, workers, true));
    }
    return variants;
  }
}
