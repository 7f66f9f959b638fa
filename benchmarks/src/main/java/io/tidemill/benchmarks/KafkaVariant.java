package io.tidemill.benchmarks;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** A way to write the job, in a process of its own. */
interface KafkaVariant {
  String name();

  /** What it prints at the stages of its start: by name, words that only that line has. */
  default Map<String, String> stages() {
    return Map.of();
  }

  /**
   * The process, which ends by itself once all records are committed.
   *
   * @param options for its JVM
   */
  ProcessBuilder process(KafkaJob job, List<String> options) throws IOException;

  /** By hand, without the step. */
  record PassThrough(boolean headers) implements KafkaVariant {
    @Override
    public String name() {
      return headers ? "pass-through-headers" : "pass-through";
    }

    @Override
    public ProcessBuilder process(KafkaJob job, List<String> options) {
      List<String> arguments =
          List.of(
              job.name(), job.bootstrapServers(), job.from(), job.to(), Boolean.toString(headers));
      return new ProcessBuilder(new JavaProgram(HandWrittenJob.class, arguments).command(options));
    }
  }
}
