package io.tidemill.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.tidemill.inference.operator.ScoredSource;
import io.tidemill.model.FakeModel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.core.execution.JobStatusChangedListener;
import org.apache.flink.core.execution.JobStatusChangedListenerFactory;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.lineage.LineageDataset;
import org.apache.flink.streaming.api.lineage.LineageDatasetFacet;
import org.apache.flink.streaming.api.lineage.LineageGraph;
import org.apache.flink.streaming.api.transformations.SourceTransformation;
import org.apache.flink.streaming.runtime.execution.JobCreatedEvent;
import org.junit.jupiter.api.Test;

/** As a catalog of data learns it: from a listener of jobs, which the tests' cluster asks not. */
class LineageITCase {
  private static final BlockingQueue<LineageGraph> TOLD = new ArrayBlockingQueue<>(1);

  @Test
  void aModelIsAmongWhatTheSourceReadsOnce() throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(
        DeploymentOptions.JOB_STATUS_CHANGED_LISTENERS, List.of(Listener.class.getName()));
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
    FakeModel model = FakeModel.ofFeatures(1);
    DataStream<Long> numbers = Jobs.source(env, 3, Jobs.AT_ONCE);
    // As Flink does with a source that tells what it reads.
    ((SourceTransformation<?, ?, ?>) numbers.getTransformation())
        .setLineageVertex(new ScoredSource(Boundedness.BOUNDED, List.of(new Numbers())));
    DataStream<Long> scored = Jobs.step(numbers, model).apply("first").predictions();
    Jobs.step(scored, model).apply("again").predictions().sinkTo(new DiscardingSink<>());

    env.execute();

    assertThat(TOLD.remove().sources())
        .singleElement()
        .satisfies(
            source ->
                assertThat(source.datasets())
                    .extracting(LineageDataset::namespace, LineageDataset::name)
                    .containsExactly(
                        tuple("test", "numbers"), tuple("tidemill", model.version().toString())));
  }

  private record Numbers() implements LineageDataset {
    @Override
    public String name() {
      return "numbers";
    }

    @Override
    public String namespace() {
      return "test";
    }

    @Override
    public Map<String, LineageDatasetFacet> facets() {
      return Map.of();
    }
  }

  /** Made by Flink, by its name. */
  public static final class Listener implements JobStatusChangedListenerFactory {
    @Override
    public JobStatusChangedListener createListener(Context context) {
      return event -> {
        if (event instanceof JobCreatedEvent created) {
          TOLD.add(created.lineageGraph());
        }
      };
    }
  }
}
