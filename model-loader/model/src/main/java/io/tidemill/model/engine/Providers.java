package io.tidemill.model.engine;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * The providers of a service. One that cannot be had, because the jars that it needs are not there,
 * does not hide the others.
 *
 * @param failures why some cannot be had
 */
record Providers<T>(List<T> found, List<Error> failures) {

  static <T> Providers<T> of(Class<T> service, @Nullable ClassLoader classLoader) {
    List<T> found = new ArrayList<>();
    List<Error> failures = new ArrayList<>();
    Iterator<T> providers = ServiceLoader.load(service, classLoader).iterator();
    boolean more = true;
    while (more) {
      try {
        more = providers.hasNext();
        if (more) {
          found.add(providers.next());
        }
      } catch (ServiceConfigurationError | LinkageError e) {
        // The iterator has passed the provider at fault.
        failures.add(e);
      }
    }
    return new Providers<>(found, failures);
  }
}
