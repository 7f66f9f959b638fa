package io.tidemill.connectors.options;

/**
 * Where an option was written. Immutable.
 *
 * @param part whose options they are, as in {@code fraud.yaml: source}
 * @param key the option, which need not be there
 */
public record OptionKey(String part, String key) {
  @Override
  public String toString() {
    return part + ": " + key;
  }
}
