package io.tidemill.benchmarks;

import static io.tidemill.benchmarks.Quantity.BYTES_PER_RECORD;
import static io.tidemill.benchmarks.Quantity.CHECKPOINT_MILLIS;
import static io.tidemill.benchmarks.Quantity.CHECKPOINT_P99_MILLIS;
import static io.tidemill.benchmarks.Quantity.CPU_PERCENT;
import static io.tidemill.benchmarks.Quantity.NANOS_PER_RECORD;
import static io.tidemill.benchmarks.Quantity.RECORDS_PER_CPU_SECOND;
import static io.tidemill.benchmarks.Quantity.RECORDS_PER_SECOND;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** Every figure that has a name, in the order in which they are measured. */
final class Figures {
  private static final List<Integer> HAND_BUFFERED_SIZES = List.of(32, 128, 512, 2048);
  private static final List<Integer> PER_CPU_SIZES = List.of(1, 32, 512, 2048);

  private Figures() {}

  static List<Figure> all(Workloads workloads) {
    return Stream.of(
            ratios(workloads),
            perCpu(workloads),
            noOp(workloads.mlp()),
            scaling(workloads),
            workloads.engines().stream().map(Figures::ratioToEngine).toList(),
            List.of(brisk(workloads.mlp())),
            checkpoints(workloads.mlp()))
        .flatMap(List::stream)
        .toList();
  }

  private static List<Figure> ratios(Workloads workloads) {
    Workload mlp = workloads.mlp();
    Workload cnn = workloads.cnn();
    OperatorJob scored = OperatorJob.of(mlp, mlp.usualBatch());
    return List.of(
        Figure.ratio(
            "mlp512RatioToRaw", RECORDS_PER_SECOND, scored, new RawLoop(mlp, mlp.usualBatch(), 1)),
        Figure.ratio(
            "mlp512RatioToHandBuffered",
            RECORDS_PER_SECOND,
            scored.asItComes(),
            BufferingFlatMap.of(mlp, mlp.usualBatch(), 1)),
        Figure.ratio(
            "mlp512RatioToPerRecord", RECORDS_PER_SECOND, scored, new PerRecordCalls(mlp, 1, true)),
        Figure.ratio(
            "mlp512RatioToRawAtTwo",
            RECORDS_PER_SECOND,
            scored.withParallelism(2),
            new RawLoop(mlp, mlp.usualBatch(), 2)),
        Figure.ratio(
            "cnn32RatioToRaw",
            RECORDS_PER_SECOND,
            OperatorJob.of(cnn, cnn.usualBatch()),
            new RawLoop(cnn, cnn.usualBatch(), 1)),
        bySize(
            "handBufferedRatioBySize",
            size -> OperatorJob.of(mlp, size).asItComes(),
            size -> BufferingFlatMap.of(mlp, size, 1)),
        bySize(
            "handBufferedRatioBySizeBothCopying",
            size -> OperatorJob.of(mlp, size).asItComes().copying(),
            size -> BufferingFlatMap.of(mlp, size, 1)),
        bySize(
            "handBufferedRatioBySizeNeitherCopying",
            size -> OperatorJob.of(mlp, size).asItComes(),
            size -> BufferingFlatMap.of(mlp, size, 1).ofFreshRecords()),
        bySize(
            "handBufferedRatioBySizeAtTwo",
            size -> OperatorJob.of(mlp, size).asItComes().withParallelism(2),
            size -> BufferingFlatMap.of(mlp, size, 2)),
        bySize(
            "handBufferedTunedRatioBySizeAtTwo",
            size -> OperatorJob.of(mlp, size).asItComes().withParallelism(2),
            size -> BufferingFlatMap.of(mlp, size, 2).tunedByHand()),
        bySize(
            "tunedBufferedRatioBySize",
            size -> OperatorJob.of(mlp, size).asItComes(),
            size -> BufferingFlatMap.of(mlp, size, 1).ofFreshRecords().tunedByHand()),
        rawCallTimes("batch1RatioToRawCall", mlp, 1),
        rawCallTimes("batch32RatioToRawCall", mlp, 32));
  }

  private static Figure brisk(Workload mlp) {
    return new Figure(
        "cpuPercentAtThousandPerSecond",
        CPU_PERCENT,
        List.of(
            Figure.Case.of("operator", new BriskJob(mlp, true)),
            Figure.Case.of("flink", new BriskJob(mlp, false))));
  }

  private static List<Figure> checkpoints(Workload mlp) {
    Variant idle = CheckpointJob.idle(mlp);
    Variant scoring = new CheckpointJob(mlp, EndlessSource.Pace.FULL, WorkloadModel.Kind.ENGINE);
    return List.of(
        Figure.ratio(
            "checkpointRatioToIdle",
            CHECKPOINT_MILLIS,
            new CheckpointJob(mlp, EndlessSource.Pace.SLOW, WorkloadModel.Kind.HELD),
            idle),
        Figure.ratio(
            "checkpointOfBacklogRatioToIdle",
            CHECKPOINT_MILLIS,
            new CheckpointJob(mlp, EndlessSource.Pace.STEADY, WorkloadModel.Kind.HELD),
            idle),
        new Figure(
            "checkpointP99Millis",
            CHECKPOINT_P99_MILLIS,
            List.of(Figure.Case.of("idle", idle), Figure.Case.of("scoring", scoring))));
  }

  private static Figure bySize(String name, IntFunction<Variant> over, IntFunction<Variant> under) {
    return new Figure(
        name,
        RECORDS_PER_SECOND,
        HAND_BUFFERED_SIZES.stream()
            .map(size -> Figure.Case.of(size, over.apply(size), under.apply(size)))
            .toList());
  }

  /** What a second of a processor comes to, beside the same of the raw loop. */
  private static List<Figure> perCpu(Workloads workloads) {
    return List.of(
        perCpuToRaw("operatorPerCpuToRaw", workloads, 1, Figures::operator),
        perCpuToRaw("operatorPerCpuToRawAtTwo", workloads, 2, Figures::operator),
        perCpuToRaw("handTunedPerCpuToRaw", workloads, 1, Figures::handTuned),
        perCpuToRaw("handTunedPerCpuToRawAtTwo", workloads, 2, Figures::handTuned));
  }

  private interface Scoring {
    Variant of(Workload workload, int batch, int parallelism);
  }

  private static Variant operator(Workload workload, int batch, int parallelism) {
    return OperatorJob.of(workload, batch).asItComes().withParallelism(parallelism);
  }

  private static Variant handTuned(Workload workload, int batch, int parallelism) {
    return BufferingFlatMap.of(workload, batch, parallelism).tunedByHand();
  }

  private static Figure perCpuToRaw(
      String name, Workloads workloads, int parallelism, Scoring scoring) {
    Workload mlp = workloads.mlp();
    Workload cnn = workloads.cnn();
    return new Figure(
        name,
        RECORDS_PER_CPU_SECOND,
        Stream.concat(
                PER_CPU_SIZES.stream()
                    .map(size -> perCpuCase(size, mlp, size, parallelism, scoring)),
                Stream.of(perCpuCase("cnn32", cnn, cnn.usualBatch(), parallelism, scoring)))
            .toList());
  }

  private static Figure.Case perCpuCase(
      Object key, Workload workload, int batch, int parallelism, Scoring scoring) {
    return Figure.Case.of(
        key, scoring.of(workload, batch, parallelism), new RawLoop(workload, batch, parallelism));
  }

  private static Figure rawCallTimes(String name, Workload workload, int batch) {
    return Figure.ratio(
        name, NANOS_PER_RECORD, OperatorJob.of(workload, batch), new RawLoop(workload, batch, 1));
  }

  private static Figure ratioToEngine(EngineCalls calls) {
    return Figure.ratio(
        "%sRatioToRawAt%d".formatted(calls.workload().engine(), calls.batch()),
        RECORDS_PER_SECOND,
        calls,
        calls.byItself());
  }

  private static List<Figure> noOp(Workload mlp) {
    Variant arrays = OperatorJob.of(mlp, mlp.usualBatch()).calling(WorkloadModel.Kind.NO_OP);
    Variant scalars =
        OperatorJob.of(mlp.scalars(), mlp.usualBatch()).calling(WorkloadModel.Kind.NO_OP);
    Variant copied =
        OperatorJob.of(mlp, mlp.usualBatch()).calling(WorkloadModel.Kind.NO_OP).copying();
    return List.of(
        Figure.value("noopNanosPerRecord", NANOS_PER_RECORD, arrays),
        Figure.value("noopBytesPerRecord", BYTES_PER_RECORD, arrays),
        Figure.value("noopScalarsNanosPerRecord", NANOS_PER_RECORD, scalars),
        Figure.value("noopScalarsBytesPerRecord", BYTES_PER_RECORD, scalars),
        Figure.value("noopCopiedNanosPerRecord", NANOS_PER_RECORD, copied),
        Figure.value("noopCopiedBytesPerRecord", BYTES_PER_RECORD, copied));
  }

  private static List<Figure> scaling(Workloads workloads) {
    Workload mlp = workloads.mlp();
    OperatorJob oneSlot =
        OperatorJob.of(mlp, mlp.usualBatch()).calling(WorkloadModel.Kind.SINGLE_THREADED);
    return List.of(
        Figure.ratio(
            "scalingOneToTwoSlots", RECORDS_PER_SECOND, oneSlot.withParallelism(2), oneSlot),
        new Figure(
            "nanosPerRecordByFeatures",
            NANOS_PER_RECORD,
            workloads.mlpByFeatures().stream()
                .map(
                    workload ->
                        Figure.Case.of(
                            workload.inputElements(),
                            OperatorJob.of(workload, workload.usualBatch())))
                .toList()));
  }
}
