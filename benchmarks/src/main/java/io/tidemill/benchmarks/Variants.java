package io.tidemill.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that the side-by-side program measures, in the order in which it does: first what the
 * figures need, figure by figure, so that those that are compared run close to each other; then the
 * rest of the table.
 */
final class Variants {
  private static final int[] MLP_BATCHES = {1, 32, 128, 512, 2048};
  private static final int[] WORKERS = {1, 2};

  private Variants() {}

  /** All of them, each once. */
  static List<Variant> all(Workloads workloads, List<Figure> figures) {
    Map<String, Variant> byName = new LinkedHashMap<>();
    figures.stream()
        .flatMap(figure -> figure.variants().stream())
        .forEach(variant -> byName.putIfAbsent(variant.name(), variant));
    rest(workloads).forEach(variant -> byName.putIfAbsent(variant.name(), variant));
    return List.copyOf(byName.values());
  }

  /**
   * Those that are asked for.
   *
   * @param only names of figures and beginnings of names of variants; empty for all
   * @throws UsageException if one of them is neither
   */
  static List<Variant> chosen(List<Variant> all, List<Figure> figures, List<String> only) {
    if (only.isEmpty()) {
      return all;
    }
    Map<String, Variant> chosen = new LinkedHashMap<>();
    for (String name : only) {
      List<Variant> named = named(name, figures, all);
      if (named.isEmpty()) {
        throw new UsageException(
            "--only: '%s' (expected: a figure, of %s, or the beginning of a variant's name, of %s)"
                .formatted(
                    name,
                    figures.stream().map(Figure::name).toList(),
                    all.stream().map(Variant::name).toList()));
      }
      named.forEach(variant -> chosen.putIfAbsent(variant.name(), variant));
    }
    return List.copyOf(chosen.values());
  }

  private static List<Variant> named(String name, List<Figure> figures, List<Variant> all) {
    for (Figure figure : figures) {
      if (figure.name().equals(name)) {
        return figure.variants();
      }
    }
    return all.stream().filter(variant -> variant.name().startsWith(name)).toList();
  }

  private static List<Variant> rest(Workloads workloads) {
    Workload mlp = workloads.mlp();
    Workload cnn = workloads.cnn();
    List<Variant> variants = new ArrayList<>();
    variants.add(new PassThrough(mlp));
    for (int workers : WORKERS) {
      for (int batch : MLP_BATCHES) {
        variants.add(new RawLoop(mlp, batch, workers));
      }
      variants.add(new RawLoop(cnn, cnn.usualBatch(), workers));
      variants.add(new RowsLoop(mlp, mlp.usualBatch(), workers));
      variants.add(new RowsLoop(mlp, 2048, workers));
      variants.add(new RowsLoop(cnn, cnn.usualBatch(), workers));
      OperatorJob operator = OperatorJob.of(mlp, mlp.usualBatch()).withWorkers(workers);
      variants.add(operator.calling(WorkloadModel.Kind.NO_OP));
      variants.add(operator);
      variants.add(OperatorJob.of(mlp, 2048).withWorkers(workers));
      variants.add(OperatorJob.of(cnn, cnn.usualBatch()).withWorkers(workers));
    }
    for (int parallelism : WORKERS) {
      variants.add(BufferingFlatMap.of(mlp, mlp.usualBatch(), parallelism));
      variants.add(BufferingFlatMap.of(mlp, 2048, parallelism));
      variants.add(BufferingFlatMap.of(cnn, cnn.usualBatch(), parallelism));
    }
    for (int workers : WORKERS) {
      variants.add(new PerRecordCalls(mlp, workers, true));
      variants.add(new PerRecordCalls(mlp, workers, false));
      variants.add(new PerRecordCalls(cnn, workers, true));
    }
    return variants;
  }
}
