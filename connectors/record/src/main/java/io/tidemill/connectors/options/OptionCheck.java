package io.tidemill.connectors.options;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.tidemill.connectors.problem.Problems;
import io.tidemill.connectors.problem.Suggestion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;

/**
 * The options of a connector while they are read and checked: what is wrong is collected, and
 * reading goes on to the next problem. Not thread-safe.
 */
public final class OptionCheck {
  /** What a job says beside a connector's options, and a slip of the hand makes one of them. */
  private static final List<String> BESIDE =
      List.of(
          "schema",
          "columns",
          TableKeys.PRIMARY_KEY,
          TableKeys.PARTITIONED_BY,
          TableKeys.OVERWRITE,
          FileReading.ON_CORRUPT_FILE,
          FileReading.WHOLE_FILES);

  private final ConnectorOptions options;
  private final Configuration configuration;
  private final Problems<OptionKey> problems = new Problems<>();

  public OptionCheck(ConnectorOptions options) {
    this.options = options;
    this.configuration = Configuration.fromMap(options.values());
  }

  public ConnectorOptions options() {
    return options;
  }

  @FormatMethod
  public void refuse(String key, @FormatString String message, Object... arguments) {
    problems.add(new OptionKey(options.place(), key), message, arguments);
  }

  /**
   * Refuses to have a format leave out what it cannot decode.
   *
   * @param prefix of the format's options, as in {@code json.}
   */
  public void refuseIgnoredErrors(String prefix) {
    String key = prefix + "ignore-parse-errors";
    if (options.value(key).filter("true"::equalsIgnoreCase).isPresent()) {
      refuse(
          key,
          "true (expected: false; bytes that do not decode become dead letters, and none is"
              + " dropped)");
    }
  }

  @FormatMethod
  public void refuse(ConfigOption<?> option, @FormatString String message, Object... arguments) {
    refuse(option.key(), message, arguments);
  }

  /** Refuses a key that no one reads, with the nearest of those that someone does. */
  public void refuseUnknown(String key, Collection<String> allowed) {
    Collection<String> listed = new TreeSet<>(allowed);
    List<String> known = new ArrayList<>(listed);
    known.addAll(BESIDE);
    refuse(
        key,
        "unknown option (%sallowed: %s)",
        new Suggestion(key, known).meant(),
        String.join(", ", listed));
  }

  /** The value that was written, or empty if there is none or it was refused. */
  public <T> Optional<T> written(ConfigOption<T> option, String expected) {
    return written(option, "", expected);
  }

  private <T> Optional<T> written(ConfigOption<T> option, String meant, String expected) {
    try {
      return configuration.getOptional(option);
    } catch (IllegalArgumentException e) {
      String value = options.values().getOrDefault(option.key(), "");
      refuse(
          option,
          "'%s' (%sexpected: %s)",
          ConnectorOptions.shown(option.key(), value),
          meant,
          expected);
      return Optional.empty();
    }
  }

  /** The value that was written, or else the option's default. */
  public <T> T read(ConfigOption<T> option, String expected) {
    return written(option, expected).orElseGet(option::defaultValue);
  }

  /** The value of an option with named values. */
  public <E extends Enum<E>> E read(ConfigOption<E> option, E otherwise) {
    List<String> names =
        Arrays.stream(otherwise.getDeclaringClass().getEnumConstants())
            .map(value -> value.toString().toLowerCase(Locale.ROOT))
            .toList();
    String written = options.values().getOrDefault(option.key(), "");
    return written(
            option, new Suggestion(written, names).meant(), "one of " + String.join(", ", names))
        .orElse(otherwise);
  }

  /** The parallelism that was written, if it is one. */
  public Optional<Integer> parallelism(ConfigOption<Integer> option) {
    return written(option, "a whole number, 1 or more")
        .filter(
            parallelism -> {
              if (parallelism < 1) {
                refuse(option, "%d (expected: >= 1)", parallelism);
              }
              return parallelism >= 1;
            });
  }

  /** Whether something is wrong with an option already. */
  public boolean isRefused(String key) {
    return problems.all().stream().anyMatch(problem -> problem.place().key().equals(key));
  }

  /** How many problems there are so far. */
  public int problemCount() {
    return problems.count();
  }

  /**
   * Ends the check.
   *
   * @throws InvalidOptionsException if anything was refused
   */
  public void throwIfAny() {
    if (problems.count() > 0) {
      throw failure();
    }
  }

  /** Everything that was refused. */
  public InvalidOptionsException failure() {
    return new InvalidOptionsException(problems.all());
  }
}
