package io.tidemill.connectors.problem;

import java.util.List;

/** A schema that cannot be had, with all that is wrong with it. */
public final class InvalidSchemaException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  public InvalidSchemaException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** Each problem with the field that has it, in the order of the fields. */
  public List<String> problems() {
    return problems;
  }
}
