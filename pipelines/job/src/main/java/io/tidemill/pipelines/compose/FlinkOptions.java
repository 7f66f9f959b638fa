package io.tidemill.pipelines.compose;

import io.tidemill.connectors.problem.Suggestion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.FallbackKey;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.table.api.config.ExecutionConfigOptions;
import org.apache.flink.table.api.config.MaterializedTableConfigOptions;
import org.apache.flink.table.api.config.OptimizerConfigOptions;
import org.apache.flink.table.api.config.TableConfigOptions;

/**
 * The options that Flink itself declares, in the classes of its configuration package and of its
 * tables. File systems, state backends, reporters and clusters add others that are not known here,
 * so an unknown key is refused only where it looks like a slip of the hand, or where no one else
 * adds any. Immutable.
 */
record FlinkOptions(Map<String, ConfigOption<?>> byKey) {
  private static final Set<String> CLOSED =
      Set.of(
          "execution",
          "restart-strategy",
          "pipeline",
          "parallelism",
          "taskmanager",
          "rest",
          "state",
          "table");

  /**
   * Of a state backend or changelog, such as RocksDB, or a connector, each of which adds its own.
   */
  private static final Pattern OF_OTHERS =
      Pattern.compile(
          "(state\\.(backend|changelog)\\.[^.]+|table\\.exec\\.(iceberg|hive|emit))\\..+");

  private static final List<Class<?>> OF_TABLES =
      List.of(
          TableConfigOptions.class,
          ExecutionConfigOptions.class,
          OptimizerConfigOptions.class,
          MaterializedTableConfigOptions.class);

  /** A map, whose keys are the user's. */
  private static final String PARAMETERS = PipelineOptions.GLOBAL_JOB_PARAMETERS.key();

  /** To Flink these are text, which a cluster reads as one of some words or the name of a class. */
  private static final Map<String, List<String>> WORDS =
      Map.of(
          RestartStrategyOptions.RESTART_STRATEGY.key(),
          List.of(
              "fixed-delay",
              "exponential-delay",
              "failure-rate",
              "none",
              "off",
              "disable",
              "fixeddelay",
              "exponentialdelay",
              "failurerate"),
          StateBackendOptions.STATE_BACKEND.key(),
          List.of("hashmap", "rocksdb", "forst"),
          CheckpointingOptions.CHECKPOINT_STORAGE.key(),
          List.of("jobmanager", "filesystem"));

  /** Those of the Flink that is on the class path. */
  static FlinkOptions onClassPath() {
    Map<String, ConfigOption<?>> byKey = new TreeMap<>();
    for (String type : holders()) {
      try {
        for (Field field : Class.forName(type).getFields()) {
          if (Modifier.isStatic(field.getModifiers())
              && field.get(null) instanceof ConfigOption<?> option) {
            byKey.put(option.key(), option);
            for (FallbackKey former : option.fallbackKeys()) {
              byKey.putIfAbsent(former.getKey(), option);
            }
          }
        }
      } catch (ReflectiveOperationException | LinkageError notHere) {
        throw new IllegalStateException("Flink's options in " + type, notHere);
      }
    }
    return new FlinkOptions(byKey);
  }

  private static List<String> holders() {
    String folder = CoreOptions.class.getPackageName().replace('.', '/') + "/";
    List<String> holders = new ArrayList<>(OF_TABLES.stream().map(Class::getName).toList());
    try (JarFile flink =
        new JarFile(
            Path.of(CoreOptions.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toFile())) {
      flink.stream()
          .map(entry -> entry.getName())
          .filter(name -> name.startsWith(folder) && name.matches("[^$]*Options\\.class"))
          .map(name -> name.replace('/', '.').replaceFirst("\\.class$", ""))
          .forEach(holders::add);
    } catch (IOException unreadable) {
      throw new UncheckedIOException("Flink's own jar", unreadable);
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
    return holders;
  }

  /** Whether a key is that of an option, or was formerly. */
  boolean has(String key, ConfigOption<?> option) {
    return option.equals(byKey.get(key));
  }

  /**
   * What is wrong with an option: a key that was probably meant to be another, or a value that
   * Flink does not read; empty if it may stand.
   */
  Optional<String> problemWith(String key, String value) {
    ConfigOption<?> option = byKey.get(key);
    if (option != null) {
      return unreadable(key, value, option);
    }
    if (key.startsWith(PARAMETERS + ".")) {
      return Optional.empty();
    }
    Optional<String> nearest = new Suggestion(key, byKey.keySet()).nearest();
    if (nearest.isPresent()) {
      return Optional.of(
          "%s: no option of Flink's (did you mean '%s'?)".formatted(key, nearest.get()));
    }
    return CLOSED.contains(key.replaceFirst("\\..*", "")) && !OF_OTHERS.matcher(key).matches()
        ? Optional.of(key + ": no option of Flink's (expected: one of its documentation)")
        : Optional.empty();
  }

  private static Optional<String> unreadable(String key, String value, ConfigOption<?> option) {
    try {
      Configuration.fromMap(Map.of(key, value)).getOptional(option);
      List<String> words = WORDS.getOrDefault(option.key(), List.of());
      return words.isEmpty()
              || words.contains(value.toLowerCase(Locale.ROOT))
              || value.contains(".")
          ? Optional.empty()
          : Optional.of("%s: '%s' %s".formatted(key, value, new Suggestion(value, words)));
    } catch (IllegalArgumentException e) {
      Throwable reason = e.getCause() == null ? e : e.getCause();
      return Optional.of(
          "%s: '%s' (expected: a value that Flink reads; it says: %s)"
              .formatted(key, value, reason.getMessage()));
    }
  }
}
