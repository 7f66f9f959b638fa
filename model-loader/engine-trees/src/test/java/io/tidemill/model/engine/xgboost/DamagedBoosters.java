package io.tidemill.model.engine.xgboost;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;

/** A process that loads damaged copies of a booster and scores with those that are taken. */
final class DamagedBoosters {
  private static final int COPIES = 150;
  private static final int ROWS = 70;
  private static final byte[] EXTREMES = {0, 1, 0x7f, -0x80, -1, '0', '9', '-'};

  private DamagedBoosters() {}

  /**
   * Ends well unless something other than a refusal comes.
   *
   * @param arguments the booster's file, and a seed
   */
  public static void main(String[] arguments) throws Exception {
    Path whole = Path.of(arguments[0]);
    Random random = new Random(Long.parseLong(arguments[1]));
    byte[] bytes = Files.readAllBytes(whole);
    Path folder = Files.createTempDirectory(whole.getParent(), "damaged");
    Path file = folder.resolve(whole.getFileName().toString());
    int refused = 0;
    for (int copy = 0; copy < COPIES; copy++) {
      Files.write(file, damage(bytes.clone(), random));
      refused += isRefused(folder) ? 1 : 0;
    }
    System.out.printf("%d of %d refused%n", refused, COPIES);
  }

  private static byte[] damage(byte[] bytes, Random random) {
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      int place = random.nextInt(bytes.length);
      bytes[place] =
          switch (random.nextInt(3)) {
            case 0 -> (byte) random.nextInt();
            case 1 -> (byte) (bytes[place] ^ 1 << random.nextInt(8));
            default -> EXTREMES[random.nextInt(EXTREMES.length)];
          };
    }
    return bytes;
  }

  private static boolean isRefused(Path folder) {
    try {
      Signature signature = new XGBoostEngine().signature(folder).orElseThrow();
      predict(new XGBoostEngine().load(Boosters.VERSION, signature, folder, Placement.CPU));
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
        input.fixedWidth(0).setFloat(i, value);
      }
      input.rows(ROWS);
      model.predict(input, allocator).close();
    }
  }
}
