package io.tidemill.benchmarks;

import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;

/**
 * The frame of every variant that runs in Flink: a source that hands out records, the variant's own
 * step, and a sink that counts and forgets. Object reuse is on, all operators are chained, there is
 * no checkpoint.
 */
final class ScoringJob {
  private ScoringJob() {}

  /** What a variant puts between source and sink. */
  interface Step {
    DataStream<RowData> apply(DataStream<RowData> records, TypeInformation<RowData> scoredType);
  }

  /** Measures a step with records as fast as they are taken. */
  static void measure(String name, Workload workload, int parallelism, Turns turns, Step step)
      throws Exception {
    measure(name, turns, build(name, workload, parallelism, EndlessSource.Pace.FULL, step));
  }

  /** Measures a job with a meter of this name. */
  static void measure(String name, Turns turns, StreamExecutionEnvironment environment)
      throws Exception {
    try (Meter meter = Meter.open(name)) {
      measure(meter, turns, environment);
    }
  }

  /** The same, with a meter that stays the caller's. */
  static void measure(Meter meter, Turns turns, StreamExecutionEnvironment environment)
      throws Exception {
    JobClient job = environment.executeAsync(meter.name());
    CompletableFuture<?> end = job.getJobExecutionResult();
    meter.measure(turns, end);
  }

  /** Source, step and sink of a job that finds its meter by its name. */
  static StreamExecutionEnvironment build(
      String name, Workload workload, int parallelism, EndlessSource.Pace pace, Step step) {
    Configuration configuration = new Configuration();
    configuration.set(PipelineOptions.OBJECT_REUSE, true);
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(parallelism, configuration);
    DataStream<RowData> records =
        environment.fromSource(
            new EndlessSource(name, workload, pace),
            WatermarkStrategy.noWatermarks(),
            "records",
            InternalTypeInfo.of(workload.recordType()));
    step.apply(records, InternalTypeInfo.of(workload.scoredType())).sinkTo(new CountingSink(name));
    return environment;
  }
}
