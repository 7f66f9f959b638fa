package io.tidemill.pipelines.compose;

import io.tidemill.connectors.Sinks;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.PipelineDefinition;
import java.util.List;
import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.data.RowData;

/** Plans where a job puts what it cannot score, and adds it to the graph. */
final class DeadLetterTranslator {
  /** Its path in the definition, its uid, and the name that messages use. */
  static final String ID = "dead-letter";

  private static final String FAIL = "fail-on-dead-letter";

  private DeadLetterTranslator() {}

  static Optional<ConnectorOptions> options(PipelineDefinition job) {
    ConnectorDefinition deadLetter = job.deadLetter();
    return Optional.ofNullable(deadLetter)
        .map(definition -> new ConnectorOptions(ID, definition.options()));
  }

  static Optional<RecordSink> plan(
      PipelineDefinition job, CheckpointPlan checkpoints, PlanProblems problems) {
    Optional<RecordSink> sink =
        options(job)
            .flatMap(
                options ->
                    problems.collect(
                        ID,
                        () ->
                            Sinks.createDeadLetters(
                                new DeadLetterSpec(
                                    options,
                                    SourceTranslator.options(job),
                                    SinkTranslator.options(job),
                                    job.name(),
                                    List.of(Header.of("tidemill.job", job.name()))))));
    sink.ifPresent(made -> made.problemsWith(checkpoints).forEach(problems::add));
    return sink;
  }

  /** Adds the sink or, where there is none, what fails the job instead. */
  static void attach(Optional<RecordSink> sink, DataStream<RowData> deadLetters) {
    if (sink.isPresent()) {
      sink.get().attach(deadLetters, ID);
      return;
    }
    deadLetters
        .map(new FailOnDeadLetter())
        .returns(DeadLetterRecord.typeInformation())
        .name(FAIL)
        .uid(FAIL)
        .sinkTo(new DiscardingSink<>())
        .name(ID)
        .uid(ID);
  }
}
