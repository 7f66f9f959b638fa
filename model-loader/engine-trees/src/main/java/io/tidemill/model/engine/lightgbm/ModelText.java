package io.tidemill.model.engine.lightgbm;

import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.FileKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a model in LightGBM's text format says of itself, read without LightGBM.
 *
 * @param file the model
 * @param features columns of its input
 * @param classes values of a prediction
 * @param trees that a prediction adds up
 * @param isAsWritten whether it is in the file as LightGBM wrote it, without line ends of Windows
 */
record ModelText(Path file, int features, int classes, int trees, boolean isAsWritten) {
  private static final String BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";

  static final FileKind FILE =
      new FileKind(
          "LightGBM text",
          "first line 'tree', as Booster.save_model(\"m.txt\") writes it",
          List.of(".txt"),
          ModelText::isTree);

  private static boolean isTree(Path file) throws IOException {
    String start = withoutMark(FileKind.start(file, 16));
    return start.startsWith("tree\n") || start.startsWith("tree\r\n");
  }

  /**
   * Reads a model.
   *
   * @param subject what messages begin with
   * @param files the file itself, or a folder with a single {@code .txt} in it
   * @throws io.tidemill.model.InvalidModelException if it is none, or is cut off or damaged
   */
  static ModelText read(String subject, Path files) {
    return ModelTextReader.read(subject, FILE.find(subject, files));
  }

  /** The text as LightGBM wrote it, and a zero. */
  byte[] bytes() {
    String text;
    try {
      text = Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String written = withoutMark(text).replace("\r\n", "\n") + "\0";
    return written.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String withoutMark(String text) {
    return text.startsWith(BYTE_ORDER_MARK) ? text.substring(BYTE_ORDER_MARK.length()) : text;
  }

  /** The input as single-precision floats; a manifest may say double instead. */
  Signature signature() {
    TensorSpec prediction =
        classes == 1
            ? TensorSpec.of("prediction", ElementType.FLOAT64, -1)
            : TensorSpec.of("prediction", ElementType.FLOAT64, -1, classes);
    return new Signature(
        List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, features)), List.of(prediction));
  }
}
