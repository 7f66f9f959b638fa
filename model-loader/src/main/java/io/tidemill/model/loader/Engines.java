package io.tidemill.model.loader;

import io.tidemill.model.EngineUnavailableException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The engines that are there, found through {@link ServiceLoader}. */
final class Engines {
  private Engines() {}

  /**
   * The loader of an engine. Engines beside {@link ModelLoader} come first: a native library loads
   * in one class loader of a process only.
   *
   * @throws EngineUnavailableException naming the engines that are there
   */
  static ModelLoader find(String engine) {
    Set<@Nullable ClassLoader> classLoaders = new LinkedHashSet<>();
    classLoaders.add(ModelLoader.class.getClassLoader());
    classLoaders.add(Thread.currentThread().getContextClassLoader());
    Map<String, ModelLoader> there = new TreeMap<>();
    try {
      for (ClassLoader classLoader : classLoaders) {
        ServiceLoader.load(ModelLoader.class, classLoader)
            .forEach(loader -> there.putIfAbsent(loader.engine(), loader));
        if (there.containsKey(engine)) {
          break;
        }
      }
    } catch (ServiceConfigurationError e) {
      throw new EngineUnavailableException(
          "engine '%s': the list of engines cannot be read (%s); remove the jar at fault from the classpath"
              .formatted(engine, e.getMessage()),
          e);
    }
    ModelLoader found = there.get(engine);
    if (found == null) {
      throw new EngineUnavailableException(
          "engine '%s': not on the classpath (there: %s); put its jar into Flink's lib folder"
              .formatted(engine, there.isEmpty() ? "none" : String.join(", ", there.keySet())));
    }
    return found;
  }
}
