package io.tidemill.pipelines.demo;

import io.tidemill.pipelines.cli.Subcommand;
import java.util.Map;
import java.util.concurrent.Callable;

/** Adds {@code tidemill demo} to the command, where this artifact is on the class path. */
public final class DemoSubcommand implements Subcommand {
  @Override
  public Callable<Integer> command(Map<String, String> environment) {
    return new DemoCommand(environment);
  }
}
