package io.tidemill.benchmarks;

import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;

/** Flink alone: the records pass one chained map that does nothing. */
record PassThrough(Workload workload) implements ProcessVariant {

  static String name(Workload workload) {
    return "flink-%s-p1".formatted(workload.name());
  }

  @Override
  public String name() {
    return name(workload);
  }

  @Override
  public String floor() {
    return name();
  }

  @Override
  public void measure(Turns turns) throws Exception {
    ScoringJob.measure(
        name(),
        workload,
        1,
        turns,
        (records, scoredType) ->
            records.map(row -> row).returns(InternalTypeInfo.of(workload.recordType())));
  }
}
