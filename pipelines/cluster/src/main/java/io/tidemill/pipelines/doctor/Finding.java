package io.tidemill.pipelines.doctor;

import com.fasterxml.jackson.annotation.JsonValue;
import io.tidemill.connectors.options.ConnectorOptions;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one look found, without secrets. Immutable.
 *
 * @param check what was looked at, in a word
 * @param found what is there
 * @param change what to change, and in which file; null where all is well
 */
public record Finding(Status status, String check, String found, @Nullable String change) {
  public Finding {
    found = ConnectorOptions.withoutSecrets(found);
  }

  /** How bad it is: a person should know, or no job runs here, or this one does not. */
  public enum Status {
    OK,
    WARN,
    WRONG;

    @JsonValue
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Finding ok(String check, String found) {
    return new Finding(Status.OK, check, found, null);
  }

  static Finding warn(String check, String found, String change) {
    return new Finding(Status.WARN, check, found, change);
  }

  public static Finding wrong(String check, String found, String change) {
    return new Finding(Status.WRONG, check, found, change);
  }
}
