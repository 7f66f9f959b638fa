package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Formats that run code when they are opened, known by their names and, whatever the name, by their
 * content.
 */
public enum RefusedFormat {
  PICKLE(
      "pkl pickle dill joblib",
      "pickles run code when they are opened",
      "a model of scikit-learn becomes ONNX with skl2onnx's to_onnx; save XGBoost and LightGBM with Booster.save_model; export others to ONNX or as a TensorFlow SavedModel"),
  TORCH_PICKLE(
      "",
      "it is what torch.save writes, a pickle, and pickles run code when they are opened",
      "save the model with torch.jit.save(torch.jit.script(model), \"model.pt\"), or export it with torch.onnx.export"),
  KERAS(
      "keras",
      "Keras archives can run code when they are opened",
      "call model.export(\"folder\") in Keras 3 and push that SavedModel"),
  HDF5(
      "h5 hdf5",
      "Keras archives can run code when they are opened",
      "load it where it was made, call model.export(\"folder\") and push that SavedModel");

  private static final byte[] HDF5_MAGIC = HexFormat.of().parseHex("894844460d0a1a0a");
  private static final int PROTO = 0x80;
  private static final int FRAME = 0x95;
  private static final int STOP = '.';
  // What begins a pickle's first value, without frames.
  private static final String FIRST_OPCODES = "()]}cKMJGUXNT\u008a\u008c\u008f\u0088\u0089";
  private static final int START_BYTES = 16;
  private static final int MOST_ENTRIES = 100_000;

  private final String extensions;
  private final String reason;
  private final String remedy;

  RefusedFormat(String extensions, String reason, String remedy) {
    this.extensions = extensions;
    this.reason = reason;
    this.remedy = remedy;
  }

  /** The format that a file's name says. */
  static Optional<RefusedFormat> ofName(String path) {
    String extension = path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    if (extension.isEmpty()) {
      return Optional.empty();
    }
    for (RefusedFormat format : values()) {
      if (List.of(format.extensions.split(" ", -1)).contains(extension)) {
        return Optional.of(format);
      }
    }
    return Optional.empty();
  }

  /**
   * The format that a file's content says.
   *
   * @throws IOException if it cannot be read
   */
  static Optional<RefusedFormat> ofContent(Path file) throws IOException {
    byte[] start;
    try (InputStream in = Files.newInputStream(file)) {
      start = in.readNBytes(START_BYTES);
    }
    if (startsWith(start, HDF5_MAGIC)) {
      return Optional.of(HDF5);
    }
    if (startsWith(start, new byte[] {'P', 'K', 3, 4})) {
      return ofZip(file);
    }
    return isPickle(start, file) ? Optional.of(PICKLE) : Optional.empty();
  }

  private static boolean startsWith(byte[] bytes, byte[] magic) {
    return bytes.length >= magic.length
        && ByteBuffer.wrap(bytes, 0, magic.length).equals(ByteBuffer.wrap(magic));
  }

  private static boolean isPickle(byte[] start, Path file) throws IOException {
    if (start.length < 4 || (start[0] & 0xff) != PROTO || start[1] < 2 || start[1] > 5) {
      return false;
    }
    int first = start[2] & 0xff;
    if (first == FRAME && start.length >= 11) {
      long frame = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong(3);
      return frame > 0 && frame <= Files.size(file);
    }
    // Weights may begin with any bytes, so the end counts too.
    return FIRST_OPCODES.indexOf(first) >= 0 && last(file) == STOP;
  }

  private static int last(Path file) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r")) {
      bytes.seek(bytes.length() - 1);
      return bytes.read();
    }
  }

  private static Optional<RefusedFormat> ofZip(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      List<String> names = zip.stream().limit(MOST_ENTRIES).map(ZipEntry::getName).toList();
      if (names.contains("config.json") && names.contains("model.weights.h5")) {
        return Optional.of(KERAS);
      }
      boolean torch = names.stream().anyMatch(name -> name.endsWith("/data.pkl"));
      boolean script = names.stream().anyMatch(name -> name.contains("/code/"));
      return torch && !script ? Optional.of(TORCH_PICKLE) : Optional.empty();
    } catch (ZipException noZip) {
      return Optional.empty();
    }
  }

  /**
   * Refuses a file of such a format.
   *
   * @param path as messages name it
   * @throws InvalidModelException with the reason and the way out
   * @throws IOException if it cannot be read
   */
  public static void check(String path, Path file) throws IOException {
    checkName(path);
    Optional<RefusedFormat> format = ofContent(file);
    if (format.isPresent()) {
      throw format.get().refused(path, "its content is refused");
    }
  }

  static void checkName(String path) {
    ofName(path)
        .ifPresent(
            format -> {
              String extension = path.substring(path.lastIndexOf('.')).toLowerCase(Locale.ROOT);
              throw format.refused(path, extension + " is refused");
            });
  }

  private InvalidModelException refused(String path, String what) {
    return new InvalidModelException(
        "file '%s': %s, because %s; %s".formatted(path, what, reason, remedy));
  }
}
