package io.tidemill.pipelines.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Who must have signed the unit that a command is given. */
final class SignedByOption {
  static final String NAME = "--signed-by";

  private final Caller caller;

  SignedByOption(Caller caller) {
    this.caller = caller;
  }

  @Option(
      names = NAME,
      paramLabel = "PUBLIC.pem",
      description = {
        "Take a unit only if this key signed it; given more than once, one of them.",
        "Every unit must be signed by one of the keys in $" + Units.VARIABLE + ", if there are any."
      })
  private List<Path> keys = List.of();

  /** Makes it so for the units of the command. */
  void demand() {
    caller.units().demand(keys);
  }
}
