package io.tidemill.pipelines;

import io.tidemill.pipelines.unit.Units;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/**
 * Who must have signed the unit that a command is given.
 *
 * <p>For use by one thread.
 */
public final class SignedByOption {
  private final Units units;

  /** One of a command that is given these. */
  public SignedByOption(Units units) {
    this.units = units;
  }

  @Option(
      names = Units.OPTION,
      paramLabel = "PUBLIC.pem",
      description = {
        "Take a unit only if this key signed it; given more than once, one of them.",
        "Every unit must be signed by one of the keys in $" + Units.VARIABLE + ", if there are any."
      })
  private List<Path> keys = List.of();

  /** The words by which another command is told the same. */
  public List<String> words() {
    return keys.stream().flatMap(key -> Stream.of(Units.OPTION, key.toString())).toList();
  }

  /** The same in any folder. */
  public List<String> absoluteWords() {
    return keys.stream()
        .flatMap(key -> Stream.of(Units.OPTION, key.toAbsolutePath().normalize().toString()))
        .toList();
  }

  /** Makes it so for the units of the command. */
  public void demand() {
    units.demand(keys);
  }
}
