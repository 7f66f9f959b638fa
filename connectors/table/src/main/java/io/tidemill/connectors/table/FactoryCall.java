package io.tidemill.connectors.table;

import io.tidemill.connectors.files.AvroFiles;
import io.tidemill.connectors.options.ClassPath;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.problem.RootCause;
import io.tidemill.connectors.record.JsonRows;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.formats.json.JsonFormatFactory;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.FormatFactory;

/**
 * Asks a factory of Flink for a table, and says in one line what it refuses. Not thread-safe.
 *
 * @param kind of the factory, which is found by the connector's name
 */
record FactoryCall<F extends DynamicTableFactory>(Class<F> kind, OptionCheck check) {
  /** Tidemill's own, which is no matter of this room. */
  private static final String KAFKA = "kafka";

  /** As a source it carries nothing else, so that it would be refused at once. */
  private static final String CHANGES_OF_A_TABLE = "upsert-kafka";

  private static final String UNSUPPORTED_OPTIONS = "Unsupported options found";

  /** Formats that list all their options; those of Parquet and ORC are their libraries'. */
  private static final Set<String> LISTED = Set.of("avro", "csv", "json", "raw");

  /** Flink's factories say this before they look for others that are not theirs. */
  private static final String MISSING_OPTIONS = "One or more required options are missing";

  /**
   * What the factory makes.
   *
   * @throws io.tidemill.connectors.options.InvalidOptionsException if there is no such factory, or
   *     it refuses the options
   */
  <T> T create(Function<F, T> creation) {
    ConnectorOptions options = check.options();
    try {
      F factory = FactoryUtil.discoverFactory(loader(), kind, options.connector());
      try {
        T made = creation.apply(factory);
        refuseUnknownOfFormat(allowedKeys(factory));
        return made;
      } catch (ValidationException
          | TableException
          | IllegalArgumentException
          | IllegalStateException refusal) {
        report(RootCause.of(refusal).message(), factory);
      }
    } catch (ValidationException unknown) {
      check.refuse(
          ConnectorOptions.CONNECTOR, "%s", ClassPath.missing(options.connector(), there()));
    }
    throw check.failure();
  }

  /** Refuses a connector or a format that is not there. */
  void checkNames() {
    String connector = check.options().connector();
    if (there().contains(connector)) {
      checkFormat(keys(FactoryUtil.discoverFactory(loader(), kind, connector)).toList());
    } else {
      check.refuse(ConnectorOptions.CONNECTOR, "%s", ClassPath.missing(connector, there()));
    }
  }

  private Set<String> there() {
    Set<String> there = new ClassPath<>(kind).names(found -> true);
    there.add(KAFKA);
    if (kind == DynamicTableSourceFactory.class) {
      there.remove(CHANGES_OF_A_TABLE);
    }
    return there;
  }

  /** Of a connector without formats another is no remedy. */
  private void checkFormat(List<String> allowed) {
    if (!allowed.contains(FactoryUtil.FORMAT.key())) {
      return;
    }
    ConnectorOptions options = check.options();
    Set<String> formats = ClassPath.formats(FormatFactory.class, options);
    options
        .value(FactoryUtil.FORMAT.key())
        .filter(format -> !check.isRefused(FactoryUtil.FORMAT.key()))
        .filter(format -> !formats.contains(format))
        .ifPresent(
            format -> check.refuse(FactoryUtil.FORMAT, "%s", ClassPath.missing(format, formats)));
  }

  /** Which Flink's connector for files takes as they are, whatever they are. */
  private void refuseUnknownOfFormat(List<String> allowed) {
    Optional<String> format = check.options().format().filter(LISTED::contains);
    for (String key : check.options().values().keySet()) {
      if (format.isPresent()
          && key.startsWith(format.get() + ".")
          && !allowed.contains(key)
          && !check.isRefused(key)) {
        check.refuseUnknown(key, allowed);
      }
    }
  }

  private void report(String refusal, F factory) {
    ConnectorOptions options = check.options();
    List<String> allowed = allowedKeys(factory);
    checkFormat(allowed);
    boolean missing = refusal.startsWith(MISSING_OPTIONS);
    if (missing || refusal.startsWith(UNSUPPORTED_OPTIONS)) {
      options.values().keySet().stream()
          .filter(key -> allowed.stream().noneMatch(pattern -> matches(key, pattern)))
          .forEach(key -> check.refuseUnknown(key, allowed));
    }
    if (missing || check.problemCount() == 0) {
      check.refuse(
          ConnectorOptions.CONNECTOR,
          "'%s': %s",
          options.connector(),
          ConnectorOptions.withoutSecrets(refusal));
    }
  }

  private List<String> allowedKeys(F factory) {
    List<String> allowed = new ArrayList<>();
    allowed.add(ConnectorOptions.CONNECTOR);
    keys(factory).forEach(allowed::add);
    if (kind == DynamicTableSourceFactory.class
        && check.options().names(ConnectorOptions.FILESYSTEM)
        && check.options().format().filter("avro"::equals).isPresent()) {
      allowed.add(AvroFiles.MAY_LACK_COLUMNS.key());
    }
    check
        .options()
        .values()
        .forEach(
            (key, format) -> {
              if (key.equals(FactoryUtil.FORMAT.key()) || key.endsWith(FactoryUtil.FORMAT_SUFFIX)) {
                String prefix = key.substring(0, key.length() - FactoryUtil.FORMAT.key().length());
                formatKeys(format).map(own -> prefix + format + "." + own).forEach(allowed::add);
                if (format.equals(JsonFormatFactory.IDENTIFIER)
                    && kind == DynamicTableSinkFactory.class) {
                  allowed.add(prefix + format + "." + JsonRows.NON_FINITE);
                }
              }
            });
    return allowed;
  }

  private static Stream<String> formatKeys(String format) {
    return new ClassPath<>(FormatFactory.class)
        .named(format).stream().flatMap(FactoryCall::keys).distinct();
  }

  private static Stream<String> keys(Factory factory) {
    return Stream.concat(factory.requiredOptions().stream(), factory.optionalOptions().stream())
        .map(ConfigOption::key);
  }

  /** In a factory's keys {@value FactoryUtil#PLACEHOLDER_SYMBOL} stands for any name. */
  private static boolean matches(String key, String pattern) {
    int hash = pattern.indexOf(FactoryUtil.PLACEHOLDER_SYMBOL);
    return hash < 0
        ? key.equals(pattern) || key.startsWith(pattern + ".")
        : key.startsWith(pattern.substring(0, hash)) && key.endsWith(pattern.substring(hash + 1));
  }

  private static ClassLoader loader() {
    return Thread.currentThread().getContextClassLoader();
  }
}
