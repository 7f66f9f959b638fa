package io.tidemill.model.engine;

import io.tidemill.model.UnavailableHereException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The engines that are there. Their own jars may be missing still.
 *
 * <p>Immutable and thread-safe.
 */
public final class Engines {
  private static final String TREES = "tidemill-engine-trees";
  private static final Map<String, String> ARTIFACTS =
      Map.of(
          "tensorflow", "tidemill-engine-tensorflow",
          "onnx", "tidemill-engine-onnx",
          "pytorch", "tidemill-engine-pytorch",
          "xgboost", TREES,
          "lightgbm", TREES);

  private final SortedMap<String, Engine> engines = new TreeMap<>();
  private final List<Error> failures = new ArrayList<>();

  private Engines() {}

  /** These engines and no others. */
  public static Engines of(Collection<? extends Engine> engines) {
    Engines these = new Engines();
    engines.forEach(engine -> these.engines.put(engine.name(), engine));
    return these;
  }

  /**
   * Those that {@link ServiceLoader} finds. Of two with one name, it is the one beside this class:
   * a native library loads in one class loader of a process only.
   */
  public static Engines here() {
    Set<@Nullable ClassLoader> classLoaders = new LinkedHashSet<>();
    classLoaders.add(Engine.class.getClassLoader());
    classLoaders.add(Thread.currentThread().getContextClassLoader());
    Engines here = new Engines();
    for (ClassLoader classLoader : classLoaders) {
      here.add(ServiceLoader.load(Engine.class, classLoader).iterator());
    }
    return here;
  }

  /** One that cannot be had, because it lacks a jar, does not hide the others. */
  private void add(Iterator<Engine> providers) {
    boolean more = true;
    while (more) {
      try {
        more = providers.hasNext();
        if (more) {
          Engine engine = providers.next();
          engines.putIfAbsent(engine.name(), engine);
        }
      } catch (ServiceConfigurationError | LinkageError e) {
        // The iterator has passed the provider at fault.
        failures.add(e);
      }
    }
  }

  /** The artifact that has an engine; none where it is not one of Tidemill's. */
  public static Optional<String> artifact(String name) {
    return Optional.ofNullable(ARTIFACTS.get(name));
  }

  /** All of them, sorted by name. */
  public Collection<Engine> all() {
    return engines.values();
  }

  /** Their names, sorted. */
  public List<String> names() {
    return List.copyOf(engines.keySet());
  }

  /** The engine of this name, if it is there. */
  public Optional<Engine> named(String name) {
    return Optional.ofNullable(engines.get(name));
  }

  /**
   * The engine of this name.
   *
   * @throws UnavailableHereException naming the artifact that has it and the engines that are there
   */
  public Engine find(String name) {
    return named(name).orElseThrow(() -> absent(name));
  }

  private UnavailableHereException absent(String name) {
    if (!failures.isEmpty()) {
      return new UnavailableHereException(
          "engine '%s': the list of engines cannot be read (%s); remove the jar at fault from the classpath, or add what it lacks"
              .formatted(name, failures.get(0).getMessage()),
          failures.get(0));
    }
    return new UnavailableHereException(
        "engine '%s': not on the classpath (there: %s); put %s into Flink's lib folder, or for the command into the folder that TIDEMILL_LIB names"
            .formatted(
                name,
                engines.isEmpty() ? "none" : String.join(", ", engines.keySet()),
                artifact(name).map(artifact -> "the jar of " + artifact).orElse("its jar")));
  }
}
