package io.tidemill.model;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * What a failure is about, as data beside its message.
 *
 * @param model name and version, as in {@code fraud:1.4.2}
 * @param file among the version's files
 * @param tensor one of the model's inputs or outputs
 * @param records how many records were in the call; 0 where there was none
 */
public record Subject(
    @Nullable String model, @Nullable String file, @Nullable String tensor, int records)
    implements Serializable {
  /** Nothing that is known. */
  public static final Subject UNKNOWN = new Subject(null, null, null, 0);

  public Subject {
    if (records < 0) {
      throw new IllegalArgumentException("records: " + records + " (expected: >= 0)");
    }
  }

  public static Subject of(ModelVersion version) {
    return new Subject(version.toString(), null, null, 0);
  }

  /** The same, about one of its files. */
  public Subject in(String path) {
    return new Subject(model, path, tensor, records);
  }

  /** The same, about one of its inputs or outputs. */
  public Subject at(String name) {
    return new Subject(model, file, name, records);
  }

  /** The same, about a call with so many records. */
  public Subject with(int count) {
    return new Subject(model, file, tensor, count);
  }

  /** What a message begins with: {@code fraud:1.4.2: golden.arrow: }. */
  String prefix() {
    return (model == null ? "" : model + ": ") + (file == null ? "" : file + ": ");
  }
}
