package io.tidemill.model.engine.pytorch;

import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Makes small TorchScript files with random weights, the same at every run.
 *
 * <p>Such a file is a zip archive without compression: {@code code/__torch__.py} has the source of
 * the module's class, {@code data.pkl} an object of that class, {@code data/…} the memory of its
 * tensors, and {@code constants.pkl} what the source names as constants, here nothing.
 *
 * <p>Thread-safe; two calls must not write the same folder.
 */
public final class TorchScripts {
  /** The file's name in the folder that is given. */
  public static final String FILE = "model.pt";

  private static final long SEED = 42;

  private TorchScripts() {}

  /**
   * A network {@code features} → 64 → 64 → 1 with a sigmoid at its end.
   *
   * @return input {@code features} float32 [-1, features], output {@code score} float32 [-1, 1]
   */
  public static Signature mlp(Path directory, int features) {
    Map<String, int[]> weights = new LinkedHashMap<>();
    weights.put("w1", new int[] {features, 64});
    weights.put("b1", new int[] {64});
    weights.put("w2", new int[] {64, 64});
    weights.put("b2", new int[] {64});
    weights.put("w3", new int[] {64, 1});
    weights.put("b3", new int[] {1});
    write(
        directory,
        weights,
        "x: Tensor",
        "Tensor",
        "one = torch.relu(torch.addmm(self.b1, x, self.w1))",
        "two = torch.relu(torch.addmm(self.b2, one, self.w2))",
        "return torch.sigmoid(torch.addmm(self.b3, two, self.w3))");
    return new Signature(
        List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, features)),
        List.of(TensorSpec.of("score", ElementType.FLOAT32, -1, 1)));
  }

  /**
   * A residual network of 18 layers for pictures of 32 by 32, its normalization folded into the
   * weights, as in {@code He et al., 2016}, figure 3.
   *
   * @param width channels of the first of four stages; each of the others has twice as many as the
   *     one before it
   * @return input {@code picture} float32 [-1, 3, 32, 32], output {@code classes} float32 [-1, 10]
   */
  public static Signature residual(Path directory, int width) {
    Map<String, int[]> weights = new LinkedHashMap<>();
    List<String> lines = new ArrayList<>();
    convolution(weights, lines, "stem", "x", 3, width, 3, 1);
    lines.add("x = torch.relu_(stem)");
    int channels = width;
    for (int block = 0; block < 8; block++) {
      int wider = width << (block / 2);
      int stride = wider == channels ? 1 : 2;
      String name = "block" + block;
      convolution(weights, lines, name + "a", "x", channels, wider, 3, stride);
      String first = "torch.relu_(%sa)".formatted(name);
      convolution(weights, lines, name + "b", first, wider, wider, 3, 1);
      if (stride == 2) {
        convolution(weights, lines, name + "c", "x", channels, wider, 1, stride);
      }
      String past = stride == 2 ? name + "c" : "x";
      lines.add("x = torch.relu_(torch.add(%sb, %s))".formatted(name, past));
      channels = wider;
    }
    weights.put("w", new int[] {channels, 10});
    weights.put("b", new int[] {10});
    lines.add("return torch.addmm(self.b, torch.mean(x, [2, 3]), self.w)");
    write(directory, weights, "x: Tensor", "Tensor", lines.toArray(String[]::new));
    return new Signature(
        List.of(TensorSpec.of("picture", ElementType.FLOAT32, -1, 3, 32, 32)),
        List.of(TensorSpec.of("classes", ElementType.FLOAT32, -1, 10)));
  }

  private static void convolution(
      Map<String, int[]> weights,
      List<String> lines,
      String name,
      String input,
      int from,
      int to,
      int size,
      int stride) {
    weights.put(name + "_w", new int[] {to, from, size, size});
    weights.put(name + "_b", new int[] {to});
    lines.add(
        "%1$s = torch.conv2d(%2$s, self.%1$s_w, self.%1$s_b, [%3$d, %3$d], [%4$d, %4$d])"
            .formatted(name, input, stride, size / 2));
  }

  /** Hands its input of three elements per row through unchanged. */
  static Signature identity(Path directory, ElementType type) {
    return one(directory, type, "return x");
  }

  /** Answers the three columns of its input in reverse order. */
  static Signature reverse(Path directory, ElementType type) {
    return one(directory, type, "return torch.flip(x, [1])");
  }

  /** Answers its input, after it has changed the input's shape. */
  static Signature reshaping(Path directory, ElementType type) {
    return one(directory, type, "y = torch.unsqueeze_(x, 0)", "return torch.clone(y[0])");
  }

  /**
   * The same as {@link #reverse}, in memory where the elements of a row do not lie one after
   * another.
   */
  static Signature scattered(Path directory, ElementType type) {
    return one(directory, type, "return torch.t(torch.contiguous(torch.t(torch.flip(x, [1]))))");
  }

  /** Answers its input after these lines. */
  static Signature after(Path directory, String... lines) {
    String[] body = Arrays.copyOf(lines, lines.length + 1);
    body[lines.length] = "return x";
    return one(directory, ElementType.FLOAT32, body);
  }

  private static Signature one(Path directory, ElementType type, String... body) {
    write(directory, Map.of(), "x: Tensor", "Tensor", body);
    return new Signature(
        List.of(TensorSpec.of("in", type, -1, 3)), List.of(TensorSpec.of("out", type, -1, 3)));
  }

  /** Scores {@code left} + {@code right} as {@code sum} and their product as {@code product}. */
  static Signature twoByTwo(Path directory) {
    return twoByTwo(
        directory,
        "Tuple[Tensor, Tensor]",
        "return (torch.add(left, right), torch.mul(left, right))");
  }

  /** The same, as a dictionary. */
  static Signature twoByTwoByName(Path directory) {
    return twoByTwo(
        directory,
        "Dict[str, Tensor]",
        "return {\"product\": torch.mul(left, right), \"sum\": torch.add(left, right)}");
  }

  private static Signature twoByTwo(Path directory, String type, String body) {
    write(directory, Map.of(), "left: Tensor, right: Tensor", type, body);
    return new Signature(
        List.of(
            TensorSpec.of("left", ElementType.FLOAT32, -1),
            TensorSpec.of("right", ElementType.FLOAT32, -1)),
        List.of(
            TensorSpec.of("sum", ElementType.FLOAT32, -1),
            TensorSpec.of("product", ElementType.FLOAT32, -1)));
  }

  /**
   * Doubles {@code values} float32 [-1, -1], of any width, as {@code doubled} of the same width.
   */
  static Signature anyWidth(Path directory) {
    write(directory, Map.of(), "x: Tensor", "Tensor", "return torch.add(x, x)");
    return new Signature(
        List.of(TensorSpec.of("values", ElementType.FLOAT32, -1, -1)),
        List.of(TensorSpec.of("doubled", ElementType.FLOAT32, -1, -1)));
  }

  /** Answers only those of {@code values} float32 [-1] that are positive, as {@code kept}. */
  static Signature onlyPositive(Path directory) {
    write(
        directory,
        Map.of(),
        "x: Tensor",
        "Tensor",
        "return torch.masked_select(x, torch.gt(x, 0))");
    return new Signature(
        List.of(TensorSpec.of("values", ElementType.FLOAT32, -1)),
        List.of(TensorSpec.of("kept", ElementType.FLOAT32, -1)));
  }

  /**
   * Fails a call in which an index in {@code index} int64 [-1] is not 0 to 2, and answers the
   * {@code weight} float32 [-1] at it otherwise.
   */
  public static Signature lookup(Path directory) {
    write(
        directory,
        Map.of("table", new int[] {3}),
        "x: Tensor",
        "Tensor",
        "return torch.index_select(self.table, 0, x)");
    return new Signature(
        List.of(TensorSpec.of("index", ElementType.INT64, -1)),
        List.of(TensorSpec.of("weight", ElementType.FLOAT32, -1)));
  }

  /**
   * Answers {@code value} float32 [-1, 1] as {@code same}. On the way every row takes as many MiB
   * of the device as the greatest value of the call says, which must be a whole number.
   */
  public static Signature greedy(Path directory) {
    write(
        directory,
        Map.of(),
        "x: Tensor",
        "Tensor",
        "greatest = int(torch.max(x))",
        "wide = torch.repeat(x, [1, torch.add(torch.mul(greatest, 262144), 1)])",
        "return torch.amax(wide, [1], True)");
    return new Signature(
        List.of(TensorSpec.of("value", ElementType.FLOAT32, -1, 1)),
        List.of(TensorSpec.of("same", ElementType.FLOAT32, -1, 1)));
  }

  /**
   * Answers {@code value} float32 [-1, 1] as {@code same}, and fails a call for lack of memory, of
   * which it takes next to none, if its rows times its greatest value are more than {@code most}.
   */
  public static Signature outOfMemoryAbove(Path directory, int most) {
    write(
        directory,
        Map.of(),
        "x: Tensor",
        "Tensor",
        "rows = torch.size(x, 0)",
        "if torch.gt(torch.mul(rows, int(torch.max(x))), %d):".formatted(most),
        "  y = torch.add(x, torch.sum(torch.ones([1099511627776])))",
        "else:",
        "  y = torch.clone(x)",
        "return y");
    return new Signature(
        List.of(TensorSpec.of("value", ElementType.FLOAT32, -1, 1)),
        List.of(TensorSpec.of("same", ElementType.FLOAT32, -1, 1)));
  }

  /** Takes 4 TiB on the way to an answer. */
  static Signature huge(Path directory) {
    return one(
        directory,
        ElementType.FLOAT32,
        "return torch.add(x, torch.sum(torch.ones([1099511627776])))");
  }

  private static void write(
      Path directory, Map<String, int[]> tensors, String arguments, String answer, String... body) {
    String attributes =
        tensors.keySet().stream()
            .map(name -> "  %s : Tensor\n".formatted(name))
            .collect(Collectors.joining());
    String source =
        "class Scored(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
            + attributes
            + "  def forward(self: __torch__.Scored, %s) -> %s:\n".formatted(arguments, answer)
            + Arrays.stream(body).map(line -> "    " + line + "\n").collect(Collectors.joining());
    Map<String, byte[]> records = new LinkedHashMap<>();
    records.put("data.pkl", new Pickle().module("__torch__", "Scored", tensors).end());
    records.put("code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
    records.put("constants.pkl", new Pickle().emptyTuple().end());
    Random random = new Random(SEED);
    tensors.forEach((name, shape) -> records.put("data/" + name, floats(random, shape)));
    records.put("version", "3\n".getBytes(StandardCharsets.UTF_8));
    zip(directory, records);
  }

  private static byte[] floats(Random random, int[] shape) {
    int count = IntStream.of(shape).reduce(1, Math::multiplyExact);
    double scale = Math.sqrt(2.0 * shape[shape.length - 1] / count);
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putFloat((float) (random.nextGaussian() * scale));
    }
    return bytes.array();
  }

  /** Writes other bytes in the place of the file's. */
  static void change(Path directory, UnaryOperator<byte[]> change) throws IOException {
    Path file = directory.resolve(FILE);
    Files.write(file, change.apply(Files.readAllBytes(file)));
  }

  private static void zip(Path directory, Map<String, byte[]> records) {
    try {
      Files.createDirectories(directory);
      try (OutputStream file = Files.newOutputStream(directory.resolve(FILE));
          ZipOutputStream zip = new ZipOutputStream(file)) {
        zip.setMethod(ZipOutputStream.STORED);
        for (Map.Entry<String, byte[]> record : records.entrySet()) {
          ZipEntry entry = new ZipEntry("model/" + record.getKey());
          CRC32 sum = new CRC32();
          sum.update(record.getValue());
          entry.setCrc(sum.getValue());
          entry.setSize(record.getValue().length);
          zip.putNextEntry(entry);
          zip.write(record.getValue());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
