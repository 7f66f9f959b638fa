package io.tidemill.benchmarks;

/**
 * One way to score batches of one size with one model.
 *
 * @param model as it stands in names
 * @param way such as {@code djl} or {@code operator-2}
 */
record GpuVariant(String model, int batch, String way) implements Variant {
  /** The raw loop in Python, as its tutorials have it. */
  static final String PYTHON = "python";

  /** The same through a CUDA graph and pinned memory. */
  static final String GRAPH = "python-graph";

  /** The raw loop through DJL. */
  static final String DJL = "djl";

  /** The raw loop through Tidemill's model. */
  static final String MODEL = "model";

  /** Tidemill's job with so many batches in flight. */
  static String operator(int inFlight) {
    return "operator-" + inFlight;
  }

  @Override
  public String name() {
    return round() + "-" + way;
  }

  /** Model and size, which all its ways share. */
  String round() {
    return "%s-b%d".formatted(model, batch);
  }

  @Override
  public String floor() {
    return to(DJL).name();
  }

  /** Another way to do the same. */
  GpuVariant to(String other) {
    return new GpuVariant(model, batch, other);
  }
}
