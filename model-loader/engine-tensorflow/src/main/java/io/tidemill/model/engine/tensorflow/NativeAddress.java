package io.tidemill.model.engine.tensorflow;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.tensorflow.internal.c_api.AbstractTF_Tensor;
import org.tensorflow.internal.c_api.Deallocator_Pointer_long_Pointer;
import org.tensorflow.internal.c_api.TF_Tensor;

/**
 * Pointers that are set to an address instead of being made for it, so that a call makes few
 * objects. They own nothing.
 *
 * <p>Not thread-safe.
 */
final class NativeAddress {
  private NativeAddress() {}

  /** Memory of any kind. */
  static final class Memory extends Pointer {
    Memory at(long newAddress) {
      address = newAddress;
      return this;
    }
  }

  /** Bytes of a string. */
  static final class Text extends BytePointer {
    Text at(long newAddress) {
      address = newAddress;
      return this;
    }
  }

  /** A tensor. */
  static final class Tensor extends TF_Tensor {
    Tensor at(long newAddress) {
      address = newAddress;
      return this;
    }
  }

  /** A tensor over memory of somebody else. */
  static final class Borrowed extends AbstractTF_Tensor {
    /** Frees nothing. */
    static final Deallocator_Pointer_long_Pointer DEALLOCATOR = dummyDeallocator;

    private Borrowed() {
      super(null);
    }
  }
}
