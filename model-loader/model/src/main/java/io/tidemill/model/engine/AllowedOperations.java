package io.tidemill.model.engine;

import io.tidemill.model.InvalidModelException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The dangerous operations that whoever runs a process allows in it: names with commas between
 * them, as in {@code ReadFile} for every model or {@code fraud/ReadFile} for one.
 *
 * <p>It is not for the publisher to say, so neither a manifest nor a job allows anything.
 *
 * <p>Immutable and thread-safe.
 *
 * @param names sorted
 */
public record AllowedOperations(Set<String> names) {
  /** The system property that holds them. */
  public static final String PROPERTY = "tidemill.allowed-operations";

  /** The environment variable that holds them where the property does not. */
  public static final String VARIABLE = "TIDEMILL_ALLOWED_OPERATIONS";

  public AllowedOperations {
    names = Set.copyOf(names);
  }

  /** What this process allows. */
  public static AllowedOperations ofProcess() {
    return of(System.getProperty(PROPERTY), System.getenv(VARIABLE));
  }

  static AllowedOperations of(@Nullable String property, @Nullable String variable) {
    String said = property == null ? variable : property;
    Set<String> names = new TreeSet<>();
    if (said != null) {
      Arrays.stream(said.split(",", -1)).map(String::strip).forEach(names::add);
      names.remove("");
    }
    return new AllowedOperations(names);
  }

  /** These and others. */
  public AllowedOperations and(List<String> more) {
    Set<String> all = new TreeSet<>(names);
    all.addAll(more);
    return new AllowedOperations(all);
  }

  /**
   * Checks that nothing dangerous is left.
   *
   * @param model the model's name
   * @param subject what messages begin with
   * @throws InvalidModelException naming each operation that is not allowed, what it could do, and
   *     how to allow it
   */
  public void check(String model, String subject, List<Operation> operations) {
    List<Operation> refused =
        operations.stream()
            .filter(Operation::dangerous)
            .filter(operation -> !names.contains(operation.name()))
            .filter(operation -> !names.contains(model + "/" + operation.name()))
            .toList();
    if (!refused.isEmpty()) {
      throw new InvalidModelException(
          "%s: operations are refused: %s; export the model without them, or, if you trust whoever made it, allow them where it runs with -D%s=%s or %s"
              .formatted(
                  subject,
                  refused.stream()
                      .map(operation -> operation.name() + " (" + operation.danger() + ")")
                      .collect(Collectors.joining(", ")),
                  PROPERTY,
                  refused.stream()
                      .map(operation -> model + "/" + operation.name())
                      .collect(Collectors.joining(",")),
                  VARIABLE));
    }
  }
}
