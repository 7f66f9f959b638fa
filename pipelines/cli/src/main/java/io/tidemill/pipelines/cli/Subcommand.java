package io.tidemill.pipelines.cli;

import java.util.Map;
import java.util.concurrent.Callable;

/**
 * A command that another artifact adds to {@code tidemill}, found through {@link
 * java.util.ServiceLoader}. An implementation has a public constructor without arguments that does
 * no work.
 */
public interface Subcommand {

  /**
   * The command, annotated for picocli.
   *
   * @param environment the variables of the process
   */
  Callable<Integer> command(Map<String, String> environment);
}
