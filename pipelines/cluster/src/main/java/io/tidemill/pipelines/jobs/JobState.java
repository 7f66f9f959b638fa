package io.tidemill.pipelines.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.apache.flink.api.common.JobStatus;

/**
 * A job as a cluster has it. Immutable.
 *
 * @param since when it was submitted
 */
public record JobState(String id, String name, JobStatus state, Instant since) {

  static JobState of(JsonNode job) {
    return new JobState(
        job.path("jid").asText(),
        job.path("name").asText(),
        JobStatus.valueOf(job.path("state").asText()),
        Instant.ofEpochMilli(job.path("start-time").asLong()));
  }

  /** Whether it has come to its end, in whatever way. */
  public boolean ended() {
    return state.isGloballyTerminalState();
  }
}
