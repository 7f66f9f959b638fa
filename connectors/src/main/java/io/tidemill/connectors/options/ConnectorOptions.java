package io.tidemill.connectors.options;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;

/**
 * The options of one connector, as in {@code CREATE TABLE … WITH}, and the place where a person
 * wrote them.
 *
 * <p>Printing them hides passwords, tokens and keys. Immutable.
 *
 * @param place what a message names, as in {@code fraud.yaml: source}
 * @param values the options in the order in which they were written
 */
public record ConnectorOptions(String place, Map<String, String> values) {
  /** The option that names the connector. */
  public static final String CONNECTOR = "connector";

  private static final String HIDDEN = "******";

  public ConnectorOptions {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /**
   * The connector's name.
   *
   * @throws InvalidOptionsException if there is none
   */
  public String connector() {
    String connector = values.get(CONNECTOR);
    if (connector == null || connector.isBlank()) {
      throw new InvalidOptionsException(
          List.of(
              new OptionProblem(
                  place,
                  CONNECTOR,
                  "missing (expected: the name of a connector, such as kafka or filesystem)")));
    }
    return connector;
  }

  /** The same options in Flink's form. */
  public Configuration toConfiguration() {
    return Configuration.fromMap(values);
  }

  /** Whether the value of an option must not be printed. */
  public static boolean isSecret(String key) {
    String lower = key.toLowerCase(Locale.ROOT);
    return lower.contains("password")
        || lower.contains("secret")
        || lower.contains("token")
        || lower.contains("credential")
        || lower.contains("sasl.jaas.config")
        || lower.contains("basic-auth")
        || lower.matches(".*(^|[.\\-_])(api|access|private|encryption)?[.\\-_]?key($|[.\\-_]).*");
  }

  /** The value of an option as a message may show it. */
  public static String shown(String key, String value) {
    return isSecret(key) ? HIDDEN : value;
  }

  @Override
  public String toString() {
    Map<String, String> shown = new TreeMap<>();
    values.forEach((key, value) -> shown.put(key, shown(key, value)));
    return place + " " + shown;
  }
}
