package ai.onnxruntime;

import ai.onnxruntime.TensorInfo.OnnxTensorType;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.NullMarked;

/**
 * Makes tensors of unsigned integers of more than 8 bits. ONNX Runtime has them and its Java API
 * reads them, but offers no way to make one.
 *
 * <p>It stands in ONNX Runtime's package because what it needs is visible nowhere else.
 *
 * <p>Stateless and thread-safe.
 */
@NullMarked
public final class UnsignedTensors {
  private static final MethodHandle CREATE;

  static {
    try {
      CREATE =
          MethodHandles.privateLookupIn(OnnxTensor.class, MethodHandles.lookup())
              .findStatic(
                  OnnxTensor.class,
                  "createTensorFromBuffer",
                  MethodType.methodType(
                      long.class,
                      long.class,
                      long.class,
                      Buffer.class,
                      int.class,
                      long.class,
                      long[].class,
                      int.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private UnsignedTensors() {}

  /**
   * A tensor over all of a direct buffer, which must outlive it.
   *
   * @param type as ONNX Runtime has it
   */
  public static OnnxTensor over(
      OrtEnvironment environment, ByteBuffer memory, long[] sizes, OnnxTensorType type)
      throws OrtException {
    long allocator = environment.defaultAllocator.handle;
    try {
      long handle =
          (long)
              CREATE.invokeExact(
                  OnnxRuntime.ortApiHandle,
                  allocator,
                  (Buffer) memory,
                  0,
                  (long) memory.capacity(),
                  sizes,
                  type.value);
      TensorInfo info = new TensorInfo(sizes, OnnxJavaType.mapFromOnnxTensorType(type), type);
      return new OnnxTensor(handle, allocator, info, memory, false);
    } catch (OrtException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
