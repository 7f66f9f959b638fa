package io.tidemill.connectors.options;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;

/**
 * Reads typed options and reports what does not parse instead of throwing. Not thread-safe: it
 * shares the collector that it was given.
 */
public final class OptionReader {
  private final ConnectorOptions options;
  private final Configuration configuration;
  private final OptionProblems problems;

  public OptionReader(ConnectorOptions options, OptionProblems problems) {
    this.options = options;
    this.configuration = options.toConfiguration();
    this.problems = problems;
  }

  /** The value that was written, or empty if there is none or it was reported. */
  public <T> Optional<T> written(ConfigOption<T> option, String expected) {
    try {
      return configuration.getOptional(option);
    } catch (IllegalArgumentException e) {
      String value = options.values().getOrDefault(option.key(), "");
      problems.add(
          option.key(),
          "'" + ConnectorOptions.shown(option.key(), value) + "' (expected: " + expected + ")");
      return Optional.empty();
    }
  }

  /** The value that was written, or else the option's default. */
  public <T> T read(ConfigOption<T> option, String expected) {
    return written(option, expected).orElseGet(option::defaultValue);
  }

  /** The value of an option with named values. */
  public <E extends Enum<E>> E read(ConfigOption<E> option, Class<E> values, E otherwise) {
    String expected =
        Arrays.stream(values.getEnumConstants())
            .map(value -> value.toString().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", ", "one of ", ""));
    return written(option, expected).orElse(otherwise);
  }
}
