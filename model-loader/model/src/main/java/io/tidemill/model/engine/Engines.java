package io.tidemill.model.engine;

import io.tidemill.model.UnavailableHereException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The engines that are there, found through {@link ServiceLoader}.
 *
 * <p>Stateless and thread-safe.
 */
public final class Engines {
  private Engines() {}

  /** The names of those that there are, sorted. Their own jars may be missing still. */
  public static List<String> names() {
    SortedSet<String> names = new TreeSet<>();
    for (ClassLoader classLoader : classLoaders()) {
      Providers.of(ModelLoader.class, classLoader)
          .found()
          .forEach(loader -> names.add(loader.engine()));
    }
    return List.copyOf(names);
  }

  /**
   * The loader of an engine. Engines beside {@link ModelLoader} come first: a native library loads
   * in one class loader of a process only.
   *
   * @throws UnavailableHereException naming the engines that are there
   */
  public static ModelLoader find(String engine) {
    Map<String, ModelLoader> there = new TreeMap<>();
    List<Error> failures = new ArrayList<>();
    for (ClassLoader classLoader : classLoaders()) {
      Providers<ModelLoader> providers = Providers.of(ModelLoader.class, classLoader);
      providers.found().forEach(loader -> there.putIfAbsent(loader.engine(), loader));
      failures.addAll(providers.failures());
      if (there.containsKey(engine)) {
        break;
      }
    }
    ModelLoader found = there.get(engine);
    if (found == null && !failures.isEmpty()) {
      throw new UnavailableHereException(
          "engine '%s': the list of engines cannot be read (%s); remove the jar at fault from the classpath, or add what it lacks"
              .formatted(engine, failures.get(0).getMessage()),
          failures.get(0));
    }
    if (found == null) {
      throw new UnavailableHereException(
          "engine '%s': not on the classpath (there: %s); put its jar into Flink's lib folder, or for the command into the folder that TIDEMILL_LIB names"
              .formatted(engine, there.isEmpty() ? "none" : String.join(", ", there.keySet())));
    }
    return found;
  }

  private static Set<@Nullable ClassLoader> classLoaders() {
    Set<@Nullable ClassLoader> classLoaders = new LinkedHashSet<>();
    classLoaders.add(ModelLoader.class.getClassLoader());
    classLoaders.add(Thread.currentThread().getContextClassLoader());
    return classLoaders;
  }
}
