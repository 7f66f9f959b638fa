package io.tidemill.model.engine.pytorch;

import ai.djl.pytorch.jni.TorchCalls;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The tensors that a module answered, in their order, or by name where it answered a dictionary.
 *
 * <p>It owns them, but for those that were taken, and deletes them when it is closed.
 *
 * <p>Not thread-safe.
 */
final class Answer implements AutoCloseable {
  private static final long NONE = 0;

  private List<String> names = List.of();
  private long[] tensors = new long[1];
  private int count;

  private Answer() {}

  /**
   * What is in a value, which stays the caller's.
   *
   * @param subject the model that messages name
   * @throws ModelCallException if there is anything but tensors in it
   */
  static Answer of(ModelVersion subject, long value) {
    Answer answer = new Answer();
    try {
      answer.add(subject, value);
      return answer;
    } catch (RuntimeException e) {
      answer.close();
      throw e;
    }
  }

  private void add(ModelVersion subject, long value) {
    if (TorchCalls.isTensor(value)) {
      add(TorchCalls.tensor(value));
    } else if (TorchCalls.isDictionary(value)) {
      addEntries(subject, TorchCalls.entries(value));
    } else if (TorchCalls.isTuple(value)) {
      addAll(subject, TorchCalls.membersOfTuple(value));
    } else if (TorchCalls.isList(value)) {
      addAll(subject, TorchCalls.membersOfList(value));
    } else {
      throw new ModelCallException(
          "%s: forward answered a value of type %s (expected: tensors, alone, in a tuple or list, or in a dictionary by name)"
              .formatted(subject, TorchCalls.typeOf(value)));
    }
  }

  private void add(long tensor) {
    if (count == tensors.length) {
      tensors = Arrays.copyOf(tensors, 2 * count);
    }
    tensors[count++] = tensor;
  }

  private void addAll(ModelVersion subject, long[] values) {
    try {
      for (long value : values) {
        add(subject, value);
      }
    } finally {
      delete(values);
    }
  }

  private void addEntries(ModelVersion subject, long[] keysAndValues) {
    names = new ArrayList<>(names);
    try {
      for (int i = 0; i < keysAndValues.length; i += 2) {
        String name = TorchCalls.text(keysAndValues[i]);
        if (!TorchCalls.isTensor(keysAndValues[i + 1])) {
          throw new ModelCallException(
              "%s: forward answered a dictionary with a value of type %s at '%s' (expected: a tensor)"
                  .formatted(subject, TorchCalls.typeOf(keysAndValues[i + 1]), name));
        }
        add(TorchCalls.tensor(keysAndValues[i + 1]));
        names.add(name);
      }
    } finally {
      delete(keysAndValues);
    }
  }

  private static void delete(long[] values) {
    for (long value : values) {
      TorchCalls.deleteValue(value);
    }
  }

  int size() {
    return count;
  }

  /** Whether each tensor has a name. */
  boolean isNamed() {
    return count > 0 && names.size() == count;
  }

  /** The names where there are any, in the order of the tensors. */
  List<String> names() {
    return names;
  }

  /** The handle of a tensor, which stays this answer's. */
  long tensor(int index) {
    return tensors[index];
  }

  /** Deletes a tensor and owns another one in its place, which it answers. */
  long replace(int index, long tensor) {
    TorchCalls.deleteTensor(tensors[index]);
    tensors[index] = tensor;
    return tensor;
  }

  /** Gives a tensor away. */
  void leave(int index) {
    tensors[index] = NONE;
  }

  @Override
  public void close() {
    for (int i = 0; i < count; i++) {
      if (tensors[i] != NONE) {
        TorchCalls.deleteTensor(tensors[i]);
      }
    }
    count = 0;
  }
}
