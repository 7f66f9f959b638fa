package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.compose.MemoryNeed;
import io.tidemill.pipelines.compose.PlannedPipeline;
import java.util.List;

/**
 * Sees to it that a run has the memory of its plan, before it does anything: a JVM gives itself a
 * quarter of the machine, whatever its job takes.
 *
 * @param words an option of the command with its value, if it starts again; or none
 */
record RunMemory(Caller caller, Output output, List<String> words) {

  /**
   * Starts the command again where it has too little and the machine has more, or tells what its
   * heap may lack. Direct memory that is not there is refused later.
   *
   * @param jobs that run at once
   * @param mayStartAgain whether nothing is lost by that
   */
  void provide(PlannedPipeline pipeline, int jobs, boolean mayStartAgain) {
    MemoryNeed need = pipeline.memory().times(jobs);
    List<String> options = need.options(pipeline::nativeBytes);
    if (mayStartAgain && !options.isEmpty()) {
      boolean unitsClose = caller.units().anyOpen();
      try {
        caller
            .restart()
            .with(
                options,
                words,
                () -> {
                  output.say(
                      "%s starts again with %s, as its batches take more than a JVM takes here unasked: direct: %s; heap: %s"
                          .formatted(
                              pipeline.definition().name(),
                              String.join(" ", options),
                              need,
                              need.heap()));
                  caller.units().close();
                });
      } catch (CommandFailedException failed) {
        if (unitsClose || !need.fits()) {
          throw failed;
        }
        output.say(String.valueOf(failed.getMessage()));
      }
    }
    if (!need.fitsHeap()) {
      output.say(need.warning());
    }
  }
}
