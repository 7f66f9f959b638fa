package io.tidemill.model.engine.lightgbm;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.arrow.memory.BufferAllocator;

/** A process that loads damaged copies of a text model and scores with those that are taken. */
final class DamagedTexts {
  private static final int COPIES = 500;
  private static final int ROWS = 70;
  private static final Pattern NUMBER = Pattern.compile("-?\\d+");
  private static final char[] EXTREMES = {'0', '9', '-', ' ', '=', ':', '\n', '\r', '\0', '\u00ff'};

  private DamagedTexts() {}

  /**
   * Ends well unless something other than a refusal comes.
   *
   * @param arguments the model's file, and a seed
   */
  public static void main(String[] arguments) throws Exception {
    Path whole = Path.of(arguments[0]);
    Random random = new Random(Long.parseLong(arguments[1]));
    String text = Files.readString(whole, StandardCharsets.ISO_8859_1);
    Path folder = Files.createTempDirectory(whole.getParent(), "damaged");
    Path file = folder.resolve(whole.getFileName().toString());
    int refused = 0;
    for (int copy = 0; copy < COPIES; copy++) {
      Files.writeString(file, damage(text, random), StandardCharsets.ISO_8859_1);
      refused += isRefused(folder) ? 1 : 0;
    }
    System.out.printf("%d of %d refused%n", refused, COPIES);
  }

  private static String damage(String text, Random random) {
    StringBuilder damaged = new StringBuilder(text);
    for (int changes = 1 + random.nextInt(2); changes > 0; changes--) {
      int end = damaged.indexOf("end of trees");
      int place = random.nextInt(end < 1 || random.nextInt(8) == 0 ? damaged.length() : end);
      switch (random.nextInt(5)) {
        case 0 -> damaged.setLength(1 + place);
        case 1 -> damaged.setCharAt(place, EXTREMES[random.nextInt(EXTREMES.length)]);
        case 2 -> damaged.deleteCharAt(place);
        case 3 -> line(damaged, place, random);
        default -> number(damaged, place, random);
      }
    }
    return random.nextBoolean() ? damaged.toString() : sized(damaged.toString());
  }

  /**
   * The same with the sizes of its trees announced as they are, so that the trees are looked at.
   */
  private static String sized(String text) {
    int end = Math.max(0, text.indexOf("end of trees"));
    List<String> sizes = new ArrayList<>();
    int start = text.indexOf("Tree=");
    while (start >= 0 && start < end) {
      int next = text.indexOf("Tree=", start + 1);
      sizes.add(String.valueOf((next < 0 || next > end ? end : next) - start));
      start = next;
    }
    return text.replaceFirst("tree_sizes=.*", "tree_sizes=" + String.join(" ", sizes));
  }

  /** Takes a line away, or repeats it. */
  private static void line(StringBuilder text, int place, Random random) {
    int start = text.lastIndexOf("\n", place) + 1;
    int end = text.indexOf("\n", place) + 1;
    if (end > start && random.nextBoolean()) {
      text.insert(end, text.substring(start, end));
    } else if (end > start) {
      text.delete(start, end);
    }
  }

  /** Another number of as many digits where that can be, so that sizes still fit. */
  private static void number(StringBuilder text, int place, Random random) {
    Matcher number = NUMBER.matcher(text);
    if (number.find(place)) {
      int digits = number.end() - number.start();
      String other =
          switch (random.nextInt(4)) {
            case 0 -> "-" + random.nextInt(1 << 20);
            case 1 -> String.valueOf(random.nextInt());
            case 2 -> String.valueOf(random.nextInt(20));
            default -> "9".repeat(digits);
          };
      String padded = "0".repeat(Math.max(0, digits - other.length())) + other;
      text.replace(number.start(), number.end(), random.nextBoolean() ? other : padded);
    }
  }

  private static boolean isRefused(Path folder) {
    try {
      Signature signature = new LightGbmEngine().signature(folder).orElseThrow();
      predict(new LightGbmEngine().load(Boosters.VERSION, signature, folder, Placement.CPU));
      return false;
    } catch (InvalidModelException | ModelCallException e) {
      return true;
    }
  }

  private static void predict(Model model) {
    try (model;
        BufferAllocator allocator = ColumnMemory.child("damaged", Long.MAX_VALUE);
        ColumnBatch input =
            ColumnBatch.allocate(allocator, model.signature().inputColumns(), ROWS)) {
      int features = input.column(0).spec().elementsPerRow();
      Random random = new Random(features);
      for (int i = 0; i < ROWS * features; i++) {
        float value = i % 10 == 0 ? Float.NaN : (float) (4 * random.nextGaussian());
        input.fixedWidth(0).setFloat(i, i % 7 == 0 ? random.nextInt(9) : value);
      }
      input.rows(ROWS);
      model.predict(input, allocator).close();
    }
  }
}
