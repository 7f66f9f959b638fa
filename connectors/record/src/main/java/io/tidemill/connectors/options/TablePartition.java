package io.tidemill.connectors.options;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The rows of a table that have certain values in some columns. Immutable.
 *
 * @param values by column; empty for the whole table
 */
public record TablePartition(Map<String, String> values) {
  /** The option that names it, as in {@code day=2026-11-21} or {@code day=2026-11-21/region=eu}. */
  public static final String OPTION = "partition";

  public TablePartition {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /**
   * That of a connector, which is the whole table where it names none.
   *
   * @throws IllegalArgumentException if what it says is none
   */
  public static TablePartition of(Map<String, String> options) {
    Map<String, String> values = new LinkedHashMap<>();
    String written = options.getOrDefault(OPTION, "");
    for (String folder : written.isBlank() ? new String[0] : written.split("/", -1)) {
      int equals = folder.indexOf('=');
      if (equals < 1
          || equals == folder.length() - 1
          || values.put(folder.substring(0, equals), folder.substring(equals + 1)) != null) {
        throw new IllegalArgumentException(
            "'%s' (expected: COLUMN=VALUE, as in day=2026-11-21, and further ones after '/')"
                .formatted(written));
      }
    }
    return new TablePartition(values);
  }

  @Override
  public String toString() {
    return values.entrySet().stream().map(Map.Entry::toString).collect(Collectors.joining("/"));
  }
}
