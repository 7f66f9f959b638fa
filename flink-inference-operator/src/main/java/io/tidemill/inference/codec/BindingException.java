package io.tidemill.inference.codec;

import java.util.List;
import java.util.stream.Collectors;

/** Fields and tensors that do not go together. The author of the pipeline must act. */
public final class BindingException extends RuntimeException {
  // Transient because exceptions are serializable and problems need not be.
  private final transient List<Problem> problems;

  BindingException(List<Problem> problems) {
    super(problems.stream().map(Problem::message).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** Every problem there is. */
  public List<Problem> problems() {
    return problems;
  }

  /**
   * What does not go together.
   *
   * @param side {@code input} or {@code output}
   * @param tensor as the pipeline names it; empty where it names none
   * @param message names the tensor, the field and both types
   */
  public record Problem(String side, String tensor, String message) {
    static Problem of(String side, String tensor, String message) {
      return new Problem(side, tensor, "%s '%s': %s".formatted(side, tensor, message));
    }
  }
}
