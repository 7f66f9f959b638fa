package io.tidemill.model.engine;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import io.tidemill.model.Device;
import io.tidemill.model.Gpu;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * NVIDIA's driver, asked through the two libraries that come with it: CUDA's, which knows what GPU
 * a process calls its first, and the one for management, which counts all of the machine by their
 * own order. Neither is needed to score, and a library or function that is absent has nothing to
 * say.
 *
 * <p>Rejected: CUDA's own word for free memory, which needs a context, and that takes hundreds of
 * megabytes.
 *
 * <p>Thread-safe.
 */
public final class GpuDriver {
  private static final GpuDriver OF_PROCESS = of("libcuda.so.1", "libnvidia-ml.so.1");
  private static final int SUCCESS = 0;
  private static final int MOST_LETTERS = 96;
  private static final int BYTES_OF_ID = 16;

  private final Once<Cuda> cuda;
  private final Once<Management> management;

  /** One with these libraries, which are asked for when they are needed. */
  GpuDriver(Supplier<Cuda> cuda, Supplier<Management> management) {
    this.cuda = new Once<>(cuda, library -> library.cuInit(0));
    this.management = new Once<>(management, Management::nvmlInit_v2);
  }

  /** A library that is loaded and begun once, and never let go of. Thread-safe. */
  private static final class Once<L> {
    private final Supplier<L> load;
    private final ToIntFunction<L> begin;
    private @Nullable L begun;

    private Once(Supplier<L> load, ToIntFunction<L> begin) {
      this.load = load;
      this.begin = begin;
    }

    /** Null where it does not begin. */
    private synchronized @Nullable L get() {
      if (begun == null) {
        L library = load.get();
        begun = says(() -> begin.applyAsInt(library)) ? library : null;
      }
      return begun;
    }
  }

  /** One with the libraries of these names, as the system finds them. */
  static GpuDriver of(String cuda, String management) {
    return new GpuDriver(
        () -> Native.load(cuda, Cuda.class, BundledLibrary.LOCAL),
        () -> Native.load(management, Management.class, BundledLibrary.LOCAL));
  }

  /**
   * What is used of CUDA's, in its own words; each function answers {@link #SUCCESS} or an error.
   */
  interface Cuda extends Library {
    int cuInit(int flags);

    int cuDeviceGet(IntByReference device, int ordinal);

    /** Of a part of a GPU (MIG), that of the part. */
    int cuDeviceGetUuid_v2(byte[] id, int device);

    /** Where the driver is older than 470. */
    int cuDeviceGetUuid(byte[] id, int device);
  }

  /** What is used of the other, in its own words; each function answers as those of CUDA. */
  interface Management extends Library {
    int nvmlInit_v2();

    int nvmlDeviceGetHandleByUUID(String id, PointerByReference device);

    int nvmlDeviceGetName(Pointer device, byte[] name, int length);

    int nvmlSystemGetDriverVersion(byte[] version, int length);

    /**
     * The structure's numbers: percent of the time in which the GPU, and then its memory, was busy.
     */
    int nvmlDeviceGetUtilizationRates(Pointer device, int[] percents);

    /** The structure's numbers: bytes in all, free and used. */
    int nvmlDeviceGetMemoryInfo(Pointer device, long[] bytes);
  }

  public static GpuDriver ofProcess() {
    return OF_PROCESS;
  }

  /**
   * A GPU as this process counts them, be it there or not; empty for the CPU, and for one that a
   * task is to choose.
   */
  public Optional<Gpu> find(Device device) {
    if (device.kind() != Device.Kind.GPU || device.isChosenByTask()) {
      return Optional.empty();
    }
    Gpu unknown = new Unknown(device);
    try {
      return Optional.of(known(device).orElse(unknown));
    } catch (LinkageError absent) {
      return Optional.of(unknown);
    }
  }

  private Optional<Gpu> known(Device device) {
    Cuda counting = cuda.get();
    IntByReference number = new IntByReference();
    byte[] id = new byte[BYTES_OF_ID];
    if (counting == null
        || !says(() -> counting.cuDeviceGet(number, device.index()))
        || !(says(() -> counting.cuDeviceGetUuid_v2(id, number.getValue()))
            || says(() -> counting.cuDeviceGetUuid(id, number.getValue())))) {
      return Optional.empty();
    }
    ByteBuffer bytes = ByteBuffer.wrap(id);
    UUID uuid = new UUID(bytes.getLong(), bytes.getLong());
    Management driver = management.get();
    if (driver == null) {
      return Optional.empty();
    }
    PointerByReference handle = new PointerByReference();
    boolean found =
        says(() -> driver.nvmlDeviceGetHandleByUUID("GPU-" + uuid, handle))
            || says(() -> driver.nvmlDeviceGetHandleByUUID("MIG-" + uuid, handle));
    return found ? Optional.of(new Known(device, driver, handle.getValue())) : Optional.empty();
  }

  private static boolean says(IntSupplier function) {
    try {
      return function.getAsInt() == SUCCESS;
    } catch (LinkageError absent) {
      return false;
    }
  }

  private record Unknown(Device device) implements Gpu {}

  private record Known(Device device, Management driverLibrary, Pointer handle) implements Gpu {
    private static final int TOTAL = 0;
    private static final int FREE = 1;

    @Override
    public String name() {
      byte[] text = new byte[MOST_LETTERS];
      return words(() -> driverLibrary.nvmlDeviceGetName(handle, text, text.length), text);
    }

    @Override
    public String driver() {
      byte[] text = new byte[MOST_LETTERS];
      return words(() -> driverLibrary.nvmlSystemGetDriverVersion(text, text.length), text);
    }

    private static String words(IntSupplier function, byte[] text) {
      return says(function) ? Native.toString(text, StandardCharsets.UTF_8) : UNKNOWN;
    }

    @Override
    public double busy() {
      int[] percents = new int[2];
      return says(() -> driverLibrary.nvmlDeviceGetUtilizationRates(handle, percents))
          ? percents[0] / 100.0
          : Double.NaN;
    }

    @Override
    public double freeBytes() {
      return memory(FREE);
    }

    @Override
    public double totalBytes() {
      return memory(TOTAL);
    }

    private double memory(int number) {
      long[] bytes = new long[3];
      return says(() -> driverLibrary.nvmlDeviceGetMemoryInfo(handle, bytes))
          ? bytes[number]
          : Double.NaN;
    }
  }
}
