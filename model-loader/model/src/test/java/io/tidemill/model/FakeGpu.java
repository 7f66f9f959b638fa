package io.tidemill.model;

/**
 * The second GPU of a process, with 1,000 bytes, whose driver says what a test wants.
 *
 * <p>Thread-safe.
 */
public final class FakeGpu implements Gpu {
  public static final double TOTAL_BYTES = 1_000;

  private volatile double busy = 0.25;
  private volatile double freeBytes;

  /** A GPU of which so much is free. */
  public FakeGpu(double freeBytes) {
    this.freeBytes = freeBytes;
  }

  /** From now on so much is free. */
  public FakeGpu free(double bytes) {
    freeBytes = bytes;
    return this;
  }

  /** Its driver has no words for how busy it is. */
  public FakeGpu withoutUse() {
    busy = Double.NaN;
    return this;
  }

  @Override
  public Device device() {
    return Device.parse("gpu:1");
  }

  @Override
  public String name() {
    return "Fake 1000";
  }

  @Override
  public String driver() {
    return "1.2.3";
  }

  @Override
  public double busy() {
    return busy;
  }

  @Override
  public double freeBytes() {
    return freeBytes;
  }

  @Override
  public double totalBytes() {
    return TOTAL_BYTES;
  }
}
