package io.tidemill.pipelines.cli;

import io.tidemill.model.engine.Engines;
import io.tidemill.pipelines.definition.Suggestion;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** An engine that an option names. A version of one that there is not could never be loaded. */
final class EngineOption {
  private EngineOption() {}

  /**
   * Checks the name.
   *
   * @throws ParameterException if there is no such engine, with those that there are
   */
  static void check(CommandSpec spec, String engine) {
    List<String> there = Engines.names();
    if (!there.contains(engine)) {
      throw new ParameterException(
          spec.commandLine(), "engine: '" + engine + "' " + Suggestion.among(engine, there));
    }
  }
}
