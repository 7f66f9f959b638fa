package io.tidemill.benchmarks;

import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;

/**
 * A thousand records a second, which leave the process idle but for moments: what it takes to be
 * there.
 *
 * @param scored whether Tidemill's operator stands in the job, as it comes; else Flink is alone
 */
record BriskJob(Workload workload, boolean scored) implements ProcessVariant {
  @Override
  public String name() {
    return "%s-%s-brisk".formatted(scored ? "operator" : "flink", workload.name());
  }

  @Override
  public String floor() {
    return new BriskJob(workload, false).name();
  }

  @Override
  public void measure(Turns turns) throws Exception {
    ScoringJob.Step step =
        (records, scoredType) ->
            scored
                ? OperatorJob.of(workload, workload.usualBatch())
                    .asItComes()
                    .score(records, new WorkloadModel(workload, WorkloadModel.Kind.ENGINE, name()))
                : records.map(row -> row).returns(InternalTypeInfo.of(workload.recordType()));
    ScoringJob.measure(
        name(), turns, ScoringJob.build(name(), workload, 1, EndlessSource.Pace.BRISK, step));
  }
}
