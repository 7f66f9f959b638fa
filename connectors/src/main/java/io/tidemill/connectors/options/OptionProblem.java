package io.tidemill.connectors.options;

/**
 * One thing that is wrong with the options of a connector. Immutable.
 *
 * @param place where the options were written, as in {@code fraud.yaml: source}
 * @param key the option at fault, which need not be there
 * @param reason what is wrong and what is expected, without the key
 */
public record OptionProblem(String place, String key, String reason) {
  @Override
  public String toString() {
    return place + ": " + key + ": " + reason;
  }
}
