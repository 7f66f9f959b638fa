package io.tidemill.connectors.table;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionProblems;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.FormatFactory;

/** Asks a factory of Flink for a table, and says in one line what it refuses. Stateless. */
final class TableFactories {
  private static final String UNSUPPORTED_OPTIONS = "Unsupported options found";

  private TableFactories() {}

  static <F extends DynamicTableFactory, T> T create(
      Class<F> kind, ConnectorOptions options, OptionProblems problems, Function<F, T> creation) {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    try {
      F factory = FactoryUtil.discoverFactory(loader, kind, options.connector());
      try {
        return creation.apply(factory);
      } catch (ValidationException | TableException | IllegalArgumentException e) {
        report(e, factory, loader, options, problems);
      }
    } catch (ValidationException e) {
      problems.add(ConnectorOptions.CONNECTOR, innermostMessage(e));
    }
    problems.throwIfAny();
    throw new IllegalStateException("a problem that was added was not thrown");
  }

  private static void report(
      RuntimeException refusal,
      DynamicTableFactory factory,
      ClassLoader loader,
      ConnectorOptions options,
      OptionProblems problems) {
    String message = innermostMessage(refusal);
    List<String> allowed = allowedKeys(factory, loader, options);
    if (message.startsWith(UNSUPPORTED_OPTIONS)) {
      options.values().keySet().stream()
          .filter(key -> allowed.stream().noneMatch(pattern -> matches(key, pattern)))
          .forEach(key -> problems.addUnknown(key, allowed));
    }
    if (problems.count() == 0) {
      problems.add(ConnectorOptions.CONNECTOR, "'" + options.connector() + "': " + message);
    }
  }

  private static List<String> allowedKeys(
      DynamicTableFactory factory, ClassLoader loader, ConnectorOptions options) {
    List<String> allowed = new ArrayList<>();
    allowed.add(ConnectorOptions.CONNECTOR);
    keys(factory).forEach(allowed::add);
    for (String key : options.values().keySet()) {
      if (key.equals(FactoryUtil.FORMAT.key()) || key.endsWith(FactoryUtil.FORMAT_SUFFIX)) {
        String format = Objects.requireNonNullElse(options.values().get(key), "");
        String prefix = key.substring(0, key.length() - FactoryUtil.FORMAT.key().length());
        formatKeys(loader, format).map(own -> prefix + format + "." + own).forEach(allowed::add);
      }
    }
    return allowed;
  }

  private static Stream<String> formatKeys(ClassLoader loader, String format) {
    try {
      return keys(FactoryUtil.discoverFactory(loader, FormatFactory.class, format));
    } catch (ValidationException e) {
      // The connector's factory says more about such a format than a list of keys could.
      return Stream.empty();
    }
  }

  private static Stream<String> keys(Factory factory) {
    return Stream.concat(factory.requiredOptions().stream(), factory.optionalOptions().stream())
        .map(option -> option.key());
  }

  /** In a factory's keys {@value FactoryUtil#PLACEHOLDER_SYMBOL} stands for any name. */
  private static boolean matches(String key, String pattern) {
    int hash = pattern.indexOf(FactoryUtil.PLACEHOLDER_SYMBOL);
    return hash < 0
        ? key.equals(pattern) || key.startsWith(pattern + ".")
        : key.startsWith(pattern.substring(0, hash)) && key.endsWith(pattern.substring(hash + 1));
  }

  private static String innermostMessage(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).replaceAll("\\s+", " ");
  }
}
