package io.tidemill.model.importing;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A model that is one file, or a folder with one such file in it. Of an ONNX file its weights are
 * part, wherever they lie; a folder with one is published whole.
 *
 * @param title as in {@code ONNX file}
 * @param known how it is known, for a message
 * @param suffixes what its engine looks for; a file of another name is published under the first
 */
record FileFormat(
    String title, String engine, String known, List<String> suffixes, ContentTest content)
    implements ModelFormat {
  private static final int START_BYTES = 1 << 16;

  /** Whether a file is of a format, by its content. */
  @FunctionalInterface
  interface ContentTest {
    boolean of(Path file) throws IOException;
  }

  static final FileFormat ONNX =
      new FileFormat(
          "ONNX file",
          "onnx",
          "named .onnx",
          List.of(".onnx"),
          file -> name(file).endsWith(".onnx"));

  static final FileFormat TORCH_SCRIPT =
      new FileFormat(
          "TorchScript file",
          "pytorch",
          "a zip with code/ and constants.pkl, as torch.jit.save writes it",
          List.of(".pt", ".pth"),
          file -> TorchZip.of(file) == TorchZip.SCRIPT);

  static final FileFormat XGBOOST =
      new FileFormat(
          "XGBoost file",
          "xgboost",
          "JSON or UBJSON with 'learner', as Booster.save_model(\"m.ubj\") writes it",
          List.of(".ubj", ".json"),
          file -> {
            String start = new Listing(file).startText(START_BYTES);
            return start.startsWith("{") && start.contains("learner");
          });

  static final FileFormat LIGHTGBM =
      new FileFormat(
          "LightGBM text",
          "lightgbm",
          "first line 'tree', as Booster.save_model(\"m.txt\") writes it",
          List.of(".txt"),
          file -> {
            String start = new Listing(file).startText(16);
            return start.startsWith("tree\n") || start.startsWith("tree\r\n");
          });

  static final List<FileFormat> ALL = List.of(ONNX, TORCH_SCRIPT, XGBOOST, LIGHTGBM);

  FileFormat {
    suffixes = List.copyOf(suffixes);
  }

  private static String name(Path file) {
    return Listing.name(file).toLowerCase(Locale.ROOT);
  }

  @Override
  public String sought() {
    return "%s (%s)".formatted(title, known);
  }

  @Override
  public boolean matches(Path path) throws IOException {
    return !models(path).isEmpty();
  }

  private List<Path> models(Path path) throws IOException {
    List<Path> models = new ArrayList<>();
    for (Path file : Files.isDirectory(path) ? new Listing(path).children() : List.of(path)) {
      if (Files.isRegularFile(file) && content.of(file)) {
        models.add(file);
      }
    }
    return models;
  }

  @Override
  public DetectedModel read(Path path, Workspace workspace) throws IOException {
    Path files = files(path, workspace);
    return DetectedModel.of(title, files, engine, workspace.signature(files, engine));
  }

  /** What is published of a file or folder of this format. */
  Path files(Path path, Workspace workspace) throws IOException {
    List<Path> models = models(path);
    if (models.size() != 1) {
      throw new InvalidModelException(
          "%s: %s (expected: one %s, %s)%s"
              .formatted(
                  path,
                  models.isEmpty()
                      ? new Listing(path).described()
                      : models.stream().map(Listing::name).toList(),
                  title,
                  known,
                  models.isEmpty() ? "" : "; name the file"));
    }
    Path model = models.get(0);
    if (this.equals(ONNX)) {
      return Files.isDirectory(path) ? workspace.tidy(path) : withWeights(model, workspace);
    }
    boolean named = suffixes.stream().anyMatch(suffix -> name(model).endsWith(suffix));
    Path published = named ? model : workspace.renamed(model, "model" + suffix(model));
    return Files.isDirectory(path) ? workspace.chosen(model, published) : published;
  }

  private static Path withWeights(Path model, Workspace workspace) throws IOException {
    Set<String> weights = OnnxExternalFiles.of(model);
    return weights.isEmpty() ? model : workspace.gathered(model, weights);
  }

  private String suffix(Path model) throws IOException {
    // JSON of XGBoost begins with a quote, UBJSON with the length of a key.
    boolean json =
        suffixes.contains(".json") && new Listing(model).startText(64).matches("(?s)\\{\\s*\".*");
    return json ? ".json" : suffixes.get(0);
  }
}
