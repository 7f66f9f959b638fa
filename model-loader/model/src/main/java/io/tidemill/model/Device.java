package io.tidemill.model;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a model runs. A device that is not there is refused; nothing falls back to another.
 *
 * @param index which GPU, from 0; always 0 for the CPU; {@value #CHOSEN_BY_TASK} for the GPU that a
 *     task is to choose among those that Flink gives it
 */
public record Device(Kind kind, int index) implements Serializable {
  /** The machine's processors. */
  public static final Device CPU = new Device(Kind.CPU, 0);

  /** The index of {@link #GPU_AUTO}. */
  public static final int CHOSEN_BY_TASK = -1;

  /** Whichever GPU a task finds for itself; see {@code TaskContext}. Nothing is loaded on it. */
  public static final Device GPU_AUTO = new Device(Kind.GPU, CHOSEN_BY_TASK);

  private static final Pattern FORM = Pattern.compile("cpu|gpu(?::(auto|\\d{1,4}))?");

  /** A kind of device. */
  public enum Kind {
    CPU,
    GPU
  }

  public Device {
    requireNonNull(kind, "kind");
    boolean fits = kind == Kind.CPU ? index == 0 : index >= CHOSEN_BY_TASK;
    if (!fits) {
      throw new IllegalArgumentException("device index: " + index + " (expected: >= 0, 0 for cpu)");
    }
  }

  /**
   * Reads {@code cpu}, {@code gpu} (the first one), {@code gpu:1} or {@code gpu:auto}.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  public static Device parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "device: '" + text + "' (expected: cpu, gpu, gpu:N or gpu:auto)");
    }
    if (text.equals("cpu")) {
      return CPU;
    }
    String index = matcher.group(1);
    if ("auto".equals(index)) {
      return GPU_AUTO;
    }
    return new Device(Kind.GPU, index == null ? 0 : Integer.parseInt(index));
  }

  /** Whether a task has to choose before anything is loaded. */
  public boolean isChosenByTask() {
    return index == CHOSEN_BY_TASK;
  }

  @Override
  public String toString() {
    if (kind == Kind.CPU) {
      return "cpu";
    }
    return isChosenByTask() ? "gpu:auto" : "gpu:" + index;
  }
}
