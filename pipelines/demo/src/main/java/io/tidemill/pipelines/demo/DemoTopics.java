package io.tidemill.pipelines.demo;

import io.tidemill.inference.step.OutputField;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.PipelineDefinition;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The topics of a job, as its file names them.
 *
 * <p>Immutable and so safe for use by several threads.
 *
 * @param predictionSchema the Avro schema that predictions are written with
 * @param scoreField the field of a prediction that holds the score
 */
record DemoTopics(
    String transactions,
    String predictions,
    String deadLetters,
    Schema predictionSchema,
    String scoreField) {

  /**
   * The topics of a job.
   *
   * @throws IllegalArgumentException if the job does not read and write Kafka topics
   */
  static DemoTopics of(PlannedPipeline planned) {
    PipelineDefinition job = planned.definition();
    OutputField score =
        job.steps().get(0).output().values().stream()
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException("job: no output (expected: the score's field)"));
    Schema schema = new Schema.Parser().parse(planned.sinkSchema().avro().json());
    return new DemoTopics(
        topic("source", job.source()),
        topic("sink", job.sink()),
        topic("dead-letter", job.deadLetter()),
        schema,
        score.name());
  }

  private static String topic(String place, @Nullable ConnectorDefinition connector) {
    String topic = connector == null ? null : connector.options().get("topic");
    if (topic == null) {
      throw new IllegalArgumentException(
          "job: no option 'topic' in " + place + " (expected: one Kafka topic)");
    }
    return topic;
  }
}
