package io.tidemill.model.engine.pytorch;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Writes the few kinds of Python object that a TorchScript file is made of, in pickle protocol 2.
 *
 * <p>A pickle is a program for a machine with a stack: each method here appends what leaves one
 * object on it, or makes one of those that are there.
 *
 * <p>Not thread-safe.
 */
final class Pickle {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  Pickle() {
    bytes.write(0x80);
    bytes.write(2);
  }

  /** A class or function. */
  Pickle global(String module, String name) {
    return op('c').line(module).line(name);
  }

  Pickle string(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    op('X').fourBytes(utf8.length);
    bytes.writeBytes(utf8);
    return this;
  }

  Pickle integer(int value) {
    return op('J').fourBytes(value);
  }

  Pickle bool(boolean value) {
    return op((char) (value ? 0x88 : 0x89));
  }

  Pickle emptyTuple() {
    return op(')');
  }

  /** Begins a tuple that {@link #endTuple} ends. */
  Pickle beginTuple() {
    return op('(');
  }

  Pickle endTuple() {
    return op('t');
  }

  Pickle integers(int... values) {
    beginTuple();
    for (int value : values) {
      integer(value);
    }
    return endTuple();
  }

  /** What a function, the second on the stack, answers to a tuple of arguments, the first. */
  Pickle call() {
    return op('R');
  }

  /** The memory that a tuple names, which is kept outside the pickle. */
  Pickle persistent() {
    return op('Q');
  }

  /**
   * Contiguous floats, rows first, which lie in the record {@code data/key} of the file: the call
   * with which PyTorch builds a tensor over a storage.
   */
  Pickle floats(String key, int... shape) {
    int[] strides = new int[shape.length];
    int elements = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = elements;
      elements *= shape[i];
    }
    global("torch._utils", "_rebuild_tensor_v2").beginTuple();
    beginTuple().string("storage").global("torch", "FloatStorage").string(key).string("cpu");
    integer(elements).endTuple().persistent();
    integer(0).integers(shape).integers(strides).bool(false);
    return global("collections", "OrderedDict").emptyTuple().call().endTuple().call();
  }

  /**
   * An object of a class, with the tensors that are its attributes: from each name to its shape.
   */
  Pickle module(String module, String name, Map<String, int[]> tensors) {
    global(module, name).emptyTuple().op((char) 0x81).op('}').op('(');
    string("training").bool(false);
    tensors.forEach((attribute, shape) -> string(attribute).floats(attribute, shape));
    return op('u').op('b');
  }

  /** The pickle, whose value is the object that is left on the stack. */
  byte[] end() {
    op('.');
    return bytes.toByteArray();
  }

  private Pickle op(char code) {
    bytes.write(code);
    return this;
  }

  private Pickle line(String text) {
    bytes.writeBytes((text + "\n").getBytes(StandardCharsets.UTF_8));
    return this;
  }

  private Pickle fourBytes(int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      bytes.write(value >> shift);
    }
    return this;
  }
}
