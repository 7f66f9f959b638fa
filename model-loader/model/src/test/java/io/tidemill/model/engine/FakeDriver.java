package io.tidemill.model.engine;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;

/**
 * NVIDIA's driver with one GPU, which a process calls its second. It refuses what the real one
 * does: questions before a beginning, names that it does not have, and too little room.
 */
final class FakeDriver implements GpuDriver.Cuda, GpuDriver.Management {
  static final long TOTAL = 150_754_820_096L;
  static final long FREE = 148_000_000_000L;

  private static final int FAILURE = 999;
  private static final int OF_PROCESS = 1;
  private static final int NUMBER = 7;
  private static final int LEAST_LETTERS = 64;

  private final String id;
  private final Pointer handle = new Memory(1);
  private boolean counting;
  private boolean managing;

  /** Whether it has words for how busy the GPU is. */
  boolean tellsUse = true;

  /** Whether it is older than 470. */
  boolean isOld;

  /** How often it was begun. */
  int begun;

  /** Whether there is a function for the memory. */
  boolean hasMemory = true;

  /**
   * A driver.
   *
   * @param kind of what it has, {@code GPU} or {@code MIG} for a part of one
   */
  FakeDriver(String kind) {
    id = kind + "-000102ff-1011-1213-f415-161718191a1b";
  }

  private static int answer(boolean success) {
    return success ? 0 : FAILURE;
  }

  @Override
  public int cuInit(int flags) {
    counting = flags == 0;
    return answer(counting);
  }

  @Override
  public int cuDeviceGet(IntByReference device, int ordinal) {
    device.setValue(NUMBER);
    return answer(counting && ordinal == OF_PROCESS);
  }

  @Override
  public int cuDeviceGetUuid_v2(byte[] bytes, int device) {
    if (isOld) {
      throw new UnsatisfiedLinkError("cuDeviceGetUuid_v2");
    }
    return cuDeviceGetUuid(bytes, device);
  }

  @Override
  public int cuDeviceGetUuid(byte[] bytes, int device) {
    byte[] own = {0, 1, 2, -1, 16, 17, 18, 19, -12, 21, 22, 23, 24, 25, 26, 27};
    System.arraycopy(own, 0, bytes, 0, own.length);
    return answer(device == NUMBER);
  }

  @Override
  public int nvmlInit_v2() {
    managing = true;
    begun++;
    return answer(true);
  }

  @Override
  public int nvmlDeviceGetHandleByUUID(String asked, PointerByReference device) {
    boolean known = managing && asked.equals(id);
    if (known) {
      device.setValue(handle);
    }
    return answer(known);
  }

  @Override
  public int nvmlDeviceGetName(Pointer device, byte[] name, int length) {
    return write("NVIDIA H200", name, device.equals(handle) && length >= LEAST_LETTERS);
  }

  @Override
  public int nvmlSystemGetDriverVersion(byte[] version, int length) {
    return write("580.65.06", version, length >= LEAST_LETTERS);
  }

  private static int write(String text, byte[] letters, boolean may) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, letters, 0, bytes.length);
    return answer(may);
  }

  @Override
  public int nvmlDeviceGetUtilizationRates(Pointer device, int[] percents) {
    percents[0] = 37;
    percents[1] = 12;
    return answer(tellsUse && device.equals(handle));
  }

  @Override
  public int nvmlDeviceGetMemoryInfo(Pointer device, long[] bytes) {
    if (!hasMemory) {
      throw new UnsatisfiedLinkError("nvmlDeviceGetMemoryInfo");
    }
    bytes[0] = TOTAL;
    bytes[1] = FREE;
    bytes[2] = TOTAL - FREE;
    return answer(device.equals(handle));
  }
}
