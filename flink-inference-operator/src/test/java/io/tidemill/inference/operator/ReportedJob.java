package io.tidemill.inference.operator;

import io.tidemill.inference.Inference;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.loader.FakeModels;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.MiniClusterExtension;

/** A job of four records, and one batch of them in a step {@code score}, to be reported of. */
record ReportedJob(FakeModel model, StepSettings settings) {
  /** One slot, and what reports. */
  static MiniClusterExtension cluster(Configuration reporter) {
    return new MiniClusterExtension(
        new MiniClusterResourceConfiguration.Builder()
            .setConfiguration(reporter)
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(1)
            .build());
  }

  JobClient start() throws Exception {
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setParallelism(1);
    Inference.on(environment.fromData(1L, 2L, 3L, 4L))
        .model(FakeModels.source(model))
        .encode(
            (record, columns, row) -> {
              columns.fixedWidth(0).setFloat(row, record);
              return true;
            })
        .decode((record, outputs, row) -> record, Types.LONG)
        .apply("score", settings.withMaxSize(4))
        .predictions()
        .sinkTo(new DiscardingSink<>());
    return environment.executeAsync("reported");
  }
}
