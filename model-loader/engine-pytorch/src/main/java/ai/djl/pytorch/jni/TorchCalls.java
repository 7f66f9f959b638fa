package ai.djl.pytorch.jni;

import java.nio.ByteBuffer;
import org.jspecify.annotations.NullMarked;

/**
 * What a model call needs of DJL's bridge to PyTorch, on bare handles.
 *
 * <p>It stands in DJL's package because the bridge is visible nowhere else. DJL's own way around it
 * wraps every tensor and value in an object that is registered, under a name made for it, with a
 * memory manager made for the call: at 32 rows of a small network that cost a fifth of the call.
 *
 * <p>A handle is owned by whoever was given it, and deleted once. Functions throw {@link
 * ai.djl.engine.EngineException} with PyTorch's words.
 *
 * <p>Thread-safe; one handle is used by one thread at a time, except a module's.
 */
@NullMarked
public final class TorchCalls {
  /** The first number of the CPU. */
  public static final int CPU = 0;

  private static final int STRIDED = 0;
  private static final boolean CUDA_STREAM =
      Boolean.getBoolean("ai.djl.pytorch.enable_cuda_stream");
  private static final PyTorchLibrary LIBRARY = PyTorchLibrary.LIB;

  private TorchCalls() {}

  /**
   * A tensor over a direct buffer, which must outlive it; on a GPU, a copy of the buffer there.
   *
   * @param type DJL's ordinal of an element type
   * @param device type and index
   */
  public static long tensorOver(ByteBuffer memory, long[] sizes, int type, int[] device) {
    return LIBRARY.torchFromBlob(memory, sizes, type, STRIDED, device, false);
  }

  public static void deleteTensor(long tensor) {
    LIBRARY.torchDeleteTensor(tensor);
  }

  /** DJL's ordinal of a tensor's element type. */
  public static int type(long tensor) {
    return LIBRARY.torchDType(tensor);
  }

  public static long[] sizes(long tensor) {
    return LIBRARY.torchSizes(tensor);
  }

  /** Type and index of the device that a tensor is on. */
  public static int[] device(long tensor) {
    return LIBRARY.torchDevice(tensor);
  }

  /** A new tensor with the same elements on a device. */
  public static long copyTo(long tensor, int type, int[] device) {
    return LIBRARY.torchTo(tensor, type, device);
  }

  /** Whether a tensor's elements lie one after another. */
  public static boolean isContiguous(long tensor) {
    return LIBRARY.torchLayout(tensor) == STRIDED && LIBRARY.torchIsContiguous(tensor);
  }

  /** A new tensor with the same elements, one after another. */
  public static long toContiguous(long tensor) {
    return LIBRARY.torchToContiguous(tensor);
  }

  /** The memory of a contiguous tensor of the CPU; as long as the tensor. */
  public static ByteBuffer memory(long tensor) {
    return LIBRARY.torchDirectByteBuffer(tensor);
  }

  /** A value that holds a tensor; the tensor's handle stays the caller's. */
  public static long value(long tensor) {
    return LIBRARY.iValueFromTensor(tensor);
  }

  public static void deleteValue(long value) {
    LIBRARY.torchDeleteIValue(value);
  }

  /** What {@code forward} of a module answers; the arguments stay the caller's. */
  public static long forward(long module, long[] arguments) {
    return LIBRARY.moduleRunMethod(module, "forward", arguments, false, CUDA_STREAM);
  }

  public static boolean isTensor(long value) {
    return LIBRARY.iValueIsTensor(value);
  }

  /** A new handle to the tensor in a value. */
  public static long tensor(long value) {
    return LIBRARY.iValueToTensor(value);
  }

  /** TorchScript's name for a value's type. */
  public static String typeOf(long value) {
    return LIBRARY.iValueGetType(value);
  }

  public static boolean isDictionary(long value) {
    return LIBRARY.iValueIsMap(value);
  }

  /** New handles to the keys and values of a dictionary, by turns. */
  public static long[] entries(long value) {
    return LIBRARY.iValueToMap(value);
  }

  public static String text(long value) {
    return LIBRARY.iValueToString(value);
  }

  public static boolean isTuple(long value) {
    return LIBRARY.iValueIsTuple(value);
  }

  public static boolean isList(long value) {
    return LIBRARY.iValueIsList(value);
  }

  /** New handles to the values in a tuple. */
  public static long[] membersOfTuple(long value) {
    return LIBRARY.iValueToIValueTuple(value);
  }

  /** New handles to the values in a list. */
  public static long[] membersOfList(long value) {
    return LIBRARY.iValueToIValueList(value);
  }
}
