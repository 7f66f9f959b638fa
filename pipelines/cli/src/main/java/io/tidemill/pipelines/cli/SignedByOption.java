package io.tidemill.pipelines.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
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

  /** The words by which another command is told the same. */
  List<String> words() {
    return keys.stream().flatMap(key -> Stream.of(NAME, key.toString())).toList();
  }

  /** The same in any folder. */
  List<String> absoluteWords() {
    return keys.stream()
        .flatMap(key -> Stream.of(NAME, key.toAbsolutePath().normalize().toString()))
        .toList();
  }

  /** Makes it so for the units of the command. */
  void demand() {
    caller.units().demand(keys);
  }
}
