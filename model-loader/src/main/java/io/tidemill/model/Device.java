package io.tidemill.model;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a model runs. A device that is not there is refused; nothing falls back to another.
 *
 * @param index which GPU, from 0; always 0 for the CPU
 */
public record Device(Kind kind, int index) implements Serializable {
  /** The machine's processors. */
  public static final Device CPU = new Device(Kind.CPU, 0);

  private static final Pattern FORM = Pattern.compile("cpu|gpu(?::(\\d{1,4}))?");

  /** A kind of device. */
  public enum Kind {
    CPU,
    GPU
  }

  public Device {
    requireNonNull(kind, "kind");
    if (index < 0 || (kind == Kind.CPU && index != 0)) {
      throw new IllegalArgumentException("device index: " + index + " (expected: >= 0, 0 for cpu)");
    }
  }

  /**
   * Reads {@code cpu}, {@code gpu} (the first one) or {@code gpu:1}.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  public static Device parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("device: '" + text + "' (expected: cpu, gpu or gpu:N)");
    }
    if (text.equals("cpu")) {
      return CPU;
    }
    String index = matcher.group(1);
    return new Device(Kind.GPU, index == null ? 0 : Integer.parseInt(index));
  }

  @Override
  public String toString() {
    return kind == Kind.CPU ? "cpu" : "gpu:" + index;
  }
}
