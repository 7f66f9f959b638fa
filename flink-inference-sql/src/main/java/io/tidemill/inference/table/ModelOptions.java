package io.tidemill.inference.table;

import io.tidemill.inference.step.StepSettings;
import io.tidemill.inference.step.StepSettings.OnNotFinite;
import io.tidemill.inference.step.StepSettings.OnNullInput;
import io.tidemill.model.Suggestion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.util.TimeUtils;

/**
 * The options of one statement, read with every problem. Their names and meanings are those of a
 * job in YAML. Not thread-safe.
 */
final class ModelOptions {
  static final String MODEL = "model";
  static final String STORE = "store";
  static final String DEVICE = "device";
  static final String THREADS = "threads";
  static final String DEVELOPMENT = "development";
  static final String VERIFY_KEYS = "verify.keys";
  static final String ON_ERROR = "on-error";

  /** Before a tensor's name: the columns that it is made of. */
  static final String INPUT = "input.";

  /** Before a tensor's name: the column that it becomes. */
  static final String OUTPUT = "output.";

  /** Before a tensor's name: words for its elements. */
  static final String LABELS = "labels.";

  static final List<String> REQUIRED = List.of(MODEL, STORE, DEVICE);

  private static final List<String> PREFIXES = List.of(INPUT, OUTPUT, LABELS);
  private static final String SEPARATOR = ";";

  /** In the order in which they are set: a limit on batches in flight sets the workers. */
  private static final Map<String, Setting> SETTINGS = settings();

  static final List<String> OPTIONAL =
      Stream.concat(
              Stream.of(THREADS, DEVELOPMENT, VERIFY_KEYS, ON_ERROR), SETTINGS.keySet().stream())
          .toList();

  private final Map<String, String> options;
  private final List<String> problems;

  /**
   * Options.
   *
   * @param problems takes what is wrong with them
   */
  ModelOptions(Map<String, String> options, List<String> problems) {
    this.options = options;
    this.problems = problems;
  }

  @FunctionalInterface
  private interface Setting {
    /** Throws {@link IllegalArgumentException} if it cannot be. */
    StepSettings set(StepSettings settings, String name, String value);
  }

  private static Map<String, Setting> settings() {
    Map<String, Setting> all = new LinkedHashMap<>();
    all.put("max-size", (read, name, value) -> read.withMaxSize(number(name, value)));
    all.put("max-bytes", (read, name, value) -> read.withMaxBytes(MemorySize.parseBytes(value)));
    all.put("max-delay", (read, name, value) -> read.withMaxDelay(TimeUtils.parseDuration(value)));
    all.put("max-in-flight", (read, name, value) -> read.withMaxInFlight(number(name, value)));
    all.put(
        "on-nan", (read, name, value) -> read.withOnNan(word(name, value, OnNotFinite.values())));
    all.put(
        "null-input",
        (read, name, value) -> read.withNullInput(word(name, value, OnNullInput.values())));
    all.put("dead-batches", (read, name, value) -> read.withDeadBatches(number(name, value)));
    all.put(
        "load-timeout",
        (read, name, value) -> read.withLoadTimeout(TimeUtils.parseDuration(value)));
    all.put(
        "call-timeout",
        (read, name, value) -> read.withCallTimeout(TimeUtils.parseDuration(value)));
    all.put("trace-every", (read, name, value) -> read.withTraceEvery(number(name, value)));
    return all;
  }

  private static int number(String name, String value) {
    try {
      return Integer.parseInt(value.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("%s: '%s' (expected: a number)".formatted(name, value), e);
    }
  }

  private static <E extends Enum<E>> E word(String name, String value, E[] words) {
    return Arrays.stream(words)
        .filter(word -> written(word).equals(value.strip()))
        .findAny()
        .orElseThrow(
            () -> {
              List<String> allowed = Arrays.stream(words).map(ModelOptions::written).toList();
              return new IllegalArgumentException(
                  "%s: '%s' (%sexpected: one of %s)"
                      .formatted(
                          name, value, new Suggestion(value, allowed), String.join(", ", allowed)));
            });
  }

  static String written(Enum<?> word) {
    return word.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Refuses what is no option at all, and says what is missing. */
  void checkNames() {
    List<String> known = new ArrayList<>(REQUIRED);
    known.addAll(OPTIONAL);
    for (String name : options.keySet()) {
      boolean ofTensor =
          PREFIXES.stream()
              .anyMatch(prefix -> name.startsWith(prefix) && name.length() > prefix.length());
      if (!name.equals(FactoryUtil.PROVIDER.key()) && !ofTensor && !known.contains(name)) {
        problems.add(
            "unknown option '%s' (%sallowed: %s, %s)"
                .formatted(
                    name,
                    new Suggestion(name, known),
                    String.join(", ", known),
                    PREFIXES.stream()
                        .map(prefix -> prefix + "TENSOR")
                        .collect(Collectors.joining(", "))));
      }
    }
    for (Map.Entry<String, String> option : options.entrySet()) {
      // An empty list of keys would be none that is asked for.
      if (option.getValue().replace(SEPARATOR, "").isBlank()) {
        problems.add(
            "option '%s': '%s' (expected: a value, or no such option)"
                .formatted(option.getKey(), option.getValue()));
      }
    }
    for (String name : REQUIRED) {
      if (!options.containsKey(name)) {
        problems.add(
            "option '%s': missing (expected: %s)"
                .formatted(
                    name,
                    switch (name) {
                      case MODEL -> "name:version as in fraud:1.4.2, or name@alias";
                      case STORE -> "where the models are, as in s3://models or file:///models";
                      default -> "cpu, gpu, gpu:N or gpu:auto";
                    }));
      }
    }
  }

  /** What was written for an option, unless it is blank. */
  Optional<String> text(String name) {
    return Optional.ofNullable(options.get(name)).filter(value -> !value.isBlank());
  }

  /** What was written between semicolons. */
  List<String> texts(String name) {
    return text(name).stream()
        .flatMap(value -> Arrays.stream(value.split(SEPARATOR)))
        .map(String::strip)
        .toList();
  }

  /** An option that is read as something; empty if it is not there, or wrong. */
  <V> Optional<V> read(String name, Function<String, V> reading) {
    return text(name).flatMap(value -> collect(() -> reading.apply(value)));
  }

  /** A value, or a problem. */
  private <V> Optional<V> collect(Supplier<V> value) {
    try {
      return Optional.of(value.get());
    } catch (IllegalArgumentException e) {
      problems.add(String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  /** What is made of the threads of a call; empty if they are not said, or wrong. */
  <V> Optional<V> threads(IntFunction<V> made) {
    return read(THREADS, value -> made.apply(number(THREADS, value)));
  }

  boolean isDevelopment() {
    return read(DEVELOPMENT, ModelOptions::truth).orElse(false);
  }

  private static boolean truth(String value) {
    return switch (value.strip()) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(
              "%s: '%s' (expected: true or false)".formatted(DEVELOPMENT, value));
    };
  }

  OnError onError() {
    return read(ON_ERROR, value -> word(ON_ERROR, value, OnError.values())).orElse(OnError.FAIL);
  }

  StepSettings stepSettings() {
    StepSettings settings = StepSettings.defaults();
    for (Map.Entry<String, Setting> setting : SETTINGS.entrySet()) {
      String name = setting.getKey();
      StepSettings before = settings;
      settings = read(name, value -> set(setting.getValue(), before, name, value)).orElse(settings);
    }
    return settings;
  }

  private static StepSettings set(Setting setting, StepSettings before, String name, String value) {
    try {
      return setting.set(before, name, value);
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      // Flink's readers of durations and sizes do not say of which option.
      throw message.startsWith(name)
          ? e
          : new IllegalArgumentException("%s: '%s': %s".formatted(name, value, message), e);
    }
  }

  /** The tensors that options with this prefix name. */
  List<String> tensors(String prefix) {
    return options.keySet().stream()
        .filter(name -> name.startsWith(prefix) && name.length() > prefix.length())
        .map(name -> name.substring(prefix.length()))
        .toList();
  }
}
