package io.tidemill.model;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.columnar.ColumnSpec;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A model's typed inputs and outputs. Their order here is the order of the columns in every call.
 *
 * @param name which of a model's signatures is served; empty where it is the usual one
 * @param method what the model says that this one is for; empty if nothing
 * @param batch how many rows the model takes in each call, no more and no fewer; 0 if any number.
 *     Whoever calls a {@link Model} need not mind: its rows go to the engine in groups
 * @param constants the model's other inputs, sorted by name
 */
public record Signature(
    List<TensorSpec> inputs,
    List<TensorSpec> outputs,
    String name,
    String method,
    int batch,
    List<Constant> constants)
    implements Serializable {
  /** The most rows that a model for one size of batch may want. */
  public static final int MOST_ROWS = 1 << 16;

  public Signature {
    requireNonNull(name, "name");
    requireNonNull(method, "method");
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    constants = constants.stream().sorted(Comparator.comparing(Constant::name)).toList();
    if (batch < 0 || batch > MOST_ROWS) {
      throw new IllegalArgumentException(
          "signature's batch: %d (expected: 1 to %d, or 0 for any)".formatted(batch, MOST_ROWS));
    }
    checkSome("inputs", inputs);
    checkSome("outputs", outputs);
    checkDistinct("inputs", names(inputs, constants));
    checkDistinct("outputs", outputs.stream().map(TensorSpec::name).toList());
  }

  /** The usual signature of a model. */
  public Signature(List<TensorSpec> inputs, List<TensorSpec> outputs) {
    this(inputs, outputs, "", "", 0, List.of());
  }

  /** The same tensors, in one of a model's signatures. */
  public Signature of(String otherName, String otherMethod) {
    return new Signature(inputs, outputs, otherName, otherMethod, batch, constants);
  }

  /** The same tensors of a model that takes so many rows in each call. */
  public Signature inBatchesOf(int rows) {
    return new Signature(inputs, outputs, name, method, rows, constants);
  }

  /** The same with these constants. */
  public Signature with(List<Constant> others) {
    return new Signature(inputs, outputs, name, method, batch, others);
  }

  private static void checkSome(String side, List<TensorSpec> tensors) {
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException("signature's " + side + ": none (expected: >= 1)");
    }
  }

  private static void checkDistinct(String side, List<String> tensors) {
    Set<String> names = new HashSet<>();
    for (String tensor : tensors) {
      if (!names.add(tensor)) {
        throw new IllegalArgumentException(
            "signature's " + side + ": '" + tensor + "' twice (expected: distinct names)");
      }
    }
  }

  /** What else is to be known than inputs and outputs, each as a line of its own. */
  public List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (!name.isEmpty()) {
      notes.add("signature '%s'%s".formatted(name, method.isEmpty() ? "" : " for " + method));
    }
    if (batch > 0) {
      notes.add(
          batch == 1
              ? "one row in each call"
              : "%d rows in each call, the last one padded".formatted(batch));
    }
    constants.forEach(constant -> notes.add("constant " + constant));
    return notes;
  }

  /** The names of all that a call is given: the inputs, and then the constants. */
  public List<String> inputNames() {
    return names(inputs, constants);
  }

  private static List<String> names(List<TensorSpec> inputs, List<Constant> constants) {
    return Stream.concat(
            inputs.stream().map(TensorSpec::name), constants.stream().map(Constant::name))
        .toList();
  }

  /** The columns of an input batch. */
  public List<ColumnSpec> inputColumns() {
    return inputs.stream().map(TensorSpec::column).toList();
  }

  /** Those of outputs whose size is known before a call. */
  public List<ColumnSpec> fixedOutputColumns() {
    return outputs.stream().filter(TensorSpec::hasFixedRows).map(TensorSpec::column).toList();
  }

  /** Of an input with its outputs; those whose size is open, and strings, count for nothing. */
  public long bytesPerRow() {
    return Stream.concat(inputColumns().stream(), fixedOutputColumns().stream())
        .mapToLong(ColumnSpec::bytesPerRow)
        .sum();
  }
}
