package io.tidemill.benchmarks;

import io.tidemill.inference.Inference;
import io.tidemill.inference.codec.RowBinding;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.loader.ModelSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;

/**
 * Tidemill's operator in a job.
 *
 * @param kind what is called
 * @param workers of one subtask, which call the model; four batches in flight for each; 0 for a
 *     step that is told neither
 * @param fresh whether records are known to be fresh; if not, each is copied
 */
record OperatorJob(
    Workload workload,
    WorkloadModel.Kind kind,
    int batch,
    int workers,
    int parallelism,
    boolean fresh)
    implements ProcessVariant {
  private static final int SLOTS_PER_WORKER = 4;
  private static final int UNTOLD = 0;

  /** With the workload's own model, one worker and parallelism 1. */
  static OperatorJob of(Workload workload, int batch) {
    return new OperatorJob(workload, WorkloadModel.Kind.ENGINE, batch, 1, 1, true);
  }

  OperatorJob calling(WorkloadModel.Kind other) {
    return new OperatorJob(workload, other, batch, workers, parallelism, fresh);
  }

  OperatorJob withWorkers(int threads) {
    return new OperatorJob(workload, kind, batch, threads, parallelism, fresh);
  }

  /** With as many workers and batches in flight as a step has that is told neither. */
  OperatorJob asItComes() {
    return withWorkers(UNTOLD);
  }

  OperatorJob withParallelism(int subtasks) {
    return new OperatorJob(workload, kind, batch, workers, subtasks, fresh);
  }

  /** With records of which nothing is known. */
  OperatorJob copying() {
    return new OperatorJob(workload, kind, batch, workers, parallelism, false);
  }

  @Override
  public String name() {
    return "operator-%s%s%s%s-b%d%s%s"
        .formatted(
            workload.name(),
            kind.label(),
            workload.form() == Workload.Form.SCALARS ? "-scalars" : "",
            fresh ? "" : "-copied",
            batch,
            workers == UNTOLD ? "" : "-w" + workers,
            parallelism == 1 ? "" : "-p" + parallelism);
  }

  @Override
  public String floor() {
    return switch (kind) {
      case ENGINE -> RawLoop.name(workload, batch, Math.max(1, workers) * parallelism);
      case NO_OP, HELD -> PassThrough.name(workload);
      case SINGLE_THREADED -> withParallelism(1).name();
    };
  }

  @Override
  public String group() {
    String series = workload.series();
    return series == null ? floor() : series;
  }

  @Override
  public void measure(Turns turns) throws Exception {
    ScoringJob.measure(
        name(),
        workload,
        parallelism,
        turns,
        (records, scoredType) -> score(records, new WorkloadModel(workload, kind, name())));
  }

  /** Puts the operator behind the records. */
  DataStream<RowData> score(DataStream<RowData> records, ModelSource model) {
    RowBinding binding = workload.binding();
    StepSettings settings = StepSettings.defaults().withMaxSize(batch).withFresh(fresh);
    if (workers != UNTOLD) {
      settings = settings.withMaxInFlight(workers * SLOTS_PER_WORKER).withWorkers(workers);
    }
    return Inference.on(records)
        .model(model)
        .encode(binding.encoder())
        .decode(binding.decoder(), InternalTypeInfo.of(binding.outputType()))
        .apply("score", settings)
        .predictions();
  }
}
