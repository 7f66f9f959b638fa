package io.tidemill.inference.codec;

import java.util.List;

/** Fields and tensors that do not go together. The author of the pipeline must act. */
public final class BindingException extends RuntimeException {
  private final List<String> problems;

  BindingException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** Every problem there is, each naming the tensor, the field and both types. */
  public List<String> problems() {
    return problems;
  }
}
