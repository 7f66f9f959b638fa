package io.tidemill.benchmarks;

import java.io.IOException;
import java.util.List;

/** A way to write the job, in a process of its own. */
interface KafkaVariant {
  String name();

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
