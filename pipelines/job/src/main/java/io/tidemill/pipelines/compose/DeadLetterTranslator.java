package io.tidemill.pipelines.compose;

import io.tidemill.connectors.Connectors;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.KeptDeadLetters;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.PipelineDefinition;
import java.util.List;
import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.data.RowData;

/** Where a job puts what it cannot score, as far as it could be planned. Immutable. */
final class DeadLetterTranslator {
  /** Its path in the definition, its uid, and the name that messages use. */
  static final String ID = "dead-letter";

  /** The header that names the job. */
  static final String JOB = "tidemill.job";

  private static final String FAIL = "fail-on-dead-letter";

  private final Optional<DeadLetterSpec> spec;
  private final Optional<RecordSink> sink;

  DeadLetterTranslator(PipelineDefinition job, CheckpointPlan checkpoints, PlanProblems problems) {
    spec =
        Optional.ofNullable(job.deadLetter())
            .map(
                definition ->
                    spec(
                        definition,
                        new ConnectorOptions(SourceTranslator.ID, job.source().options()),
                        new ConnectorOptions(SinkTranslator.ID, job.sink().options()),
                        job.name()));
    sink = spec.flatMap(own -> sink(own, problems));
    sink.ifPresent(made -> made.problemsWith(checkpoints).forEach(problems::add));
  }

  /** Adds what is wrong with a dead-letter sink of a job that could not be read. */
  static void check(
      ConnectorDefinition definition,
      ConnectorOptions source,
      ConnectorOptions sink,
      PlanProblems problems) {
    sink(spec(definition, source, sink, ID), problems);
  }

  private static DeadLetterSpec spec(
      ConnectorDefinition definition,
      ConnectorOptions source,
      ConnectorOptions sink,
      String jobName) {
    return new DeadLetterSpec(
        new ConnectorOptions(ID, definition.options()),
        source,
        sink,
        jobName,
        List.of(Header.of(JOB, jobName)));
  }

  private static Optional<RecordSink> sink(DeadLetterSpec spec, PlanProblems problems) {
    return problems.collect(ID, () -> new Connectors().deadLetters(spec));
  }

  /** Empty where the job has none. */
  Optional<ConnectorOptions> options() {
    return spec.map(DeadLetterSpec::options);
  }

  /** The sink; empty where the job has none, or it is a problem. */
  Optional<RecordSink> sink() {
    return sink;
  }

  /** What the sink has written; empty where the job has none, or it is a problem. */
  Optional<KeptDeadLetters> kept(PlanProblems problems) {
    return sink.flatMap(made -> spec)
        .flatMap(own -> problems.collect(ID, () -> new Connectors().kept(own)));
  }

  /** Adds the sink or, where there is none, what fails the job instead. */
  void attach(DataStream<RowData> deadLetters, PipelineStreams.Attaching attaching) {
    if (sink.isPresent()) {
      attaching.attach(sink.get(), deadLetters, ID);
      return;
    }
    deadLetters
        .map(DeadLetterTranslator::fail)
        .returns(DeadLetterRecord.typeInformation())
        .name(FAIL)
        .uid(FAIL)
        .sinkTo(new DiscardingSink<>())
        .name(ID)
        .uid(ID);
  }

  private static RowData fail(RowData row) {
    DeadLetterRecord letter = DeadLetterRecord.fromRow(row);
    String position = letter.position();
    throw new RecordFailureException(
        "step '%s': %s cannot be scored: %s; give the job a dead-letter sink to go on without it"
            .formatted(
                letter.stage(),
                position == null ? "a record" : "record " + position,
                letter.message()),
        null);
  }
}
