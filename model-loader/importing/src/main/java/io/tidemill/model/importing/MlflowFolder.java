package io.tidemill.model.importing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** An MLflow model: a folder with {@code MLmodel}, which names its flavours. */
final class MlflowFolder implements ModelFormat {
  private static final String FILE = "MLmodel";
  private static final String TITLE = "MLflow model";
  private static final long MOST_BYTES = 1 << 20;
  private static final int DEEPEST = 4;
  private static final String SKLEARN =
      "it holds a pickle, which runs code when it is opened; convert the model with skl2onnx.to_onnx, log it with mlflow.onnx.log_model, or import the .onnx file";
  private static final String PYTHON =
      "it runs Python; log the model with its own flavour (onnx, tensorflow, xgboost, lightgbm), or export it to ONNX";
  private static final Map<String, String> REFUSED =
      new TreeMap<>(
          Map.of(
              "sklearn", SKLEARN,
              "spark", "it runs Spark; export the model to ONNX",
              "catboost", "no engine here reads it; save_model(…, format=\"onnx\") makes ONNX",
              "statsmodels", SKLEARN,
              "python_function", PYTHON));

  @Override
  public String sought() {
    return "an MLflow model (a folder with MLmodel)";
  }

  @Override
  public boolean matches(Path path) {
    return Files.isRegularFile(path.resolve(FILE));
  }

  @Override
  public DetectedModel read(Path path, ImportOptions options, Workspace workspace)
      throws IOException {
    Path file = path.resolve(FILE);
    Map<?, ?> description = parse(file);
    Map<?, ?> flavours = description.get("flavors") instanceof Map<?, ?> said ? said : Map.of();
    for (String name : List.of("tensorflow", "keras")) {
      if (flavours.get(name) instanceof Map<?, ?> said) {
        return readTensorFlow(file, inside(file, path, said), said, options, workspace);
      }
    }
    for (FileFormat format : FileFormat.ALL) {
      if (flavours.get(format.engine()) instanceof Map<?, ?> said) {
        Path model = inside(file, path, said);
        return read(file, model, format, description.get("signature"), options, workspace);
      }
    }
    throw refused(file, flavours);
  }

  private static DetectedModel readTensorFlow(
      Path file, Path model, Map<?, ?> flavour, ImportOptions options, Workspace workspace)
      throws IOException {
    Path folder = savedModel(file, model);
    ImportOptions asked =
        options.signatureName() == null && flavour.get("signature_def_key") instanceof String key
            ? options.withSignatureName(key)
            : options;
    return detected(folder, SavedModelFolder.ENGINE, asked, workspace, null);
  }

  private static DetectedModel read(
      Path file,
      Path model,
      FileFormat format,
      @Nullable Object signature,
      ImportOptions options,
      Workspace workspace)
      throws IOException {
    if (!format.matches(model)) {
      throw new InvalidModelException(
          "%s: %s is %s (expected: %s); %s"
              .formatted(file, model, Listing.described(model), format.sought(), remedy(format)));
    }
    // Other engines say it themselves. MLflow's is what its Python wrapper takes, which casts and
    // names as it likes, so the two need not agree.
    @Nullable Signature declared =
        format.equals(FileFormat.TORCH_SCRIPT)
            ? MlflowSignature.read(file.toString(), signature).orElse(null)
            : null;
    return detected(format.files(model, workspace), format.engine(), options, workspace, declared);
  }

  private static String remedy(FileFormat format) {
    return switch (format.engine()) {
      case "pytorch" ->
          "pickles run code when they are opened; log torch.jit.script(model), or import what torch.jit.save or torch.onnx.export wrote";
      case "xgboost" -> "log the model again with model_format=\"ubj\"";
      case "lightgbm" -> "log the booster, which is model.booster_, and not the model around it";
      default -> "log the model again in that form";
    };
  }

  private static DetectedModel detected(
      Path files,
      String engine,
      ImportOptions options,
      Workspace workspace,
      @Nullable Signature declared) {
    return DetectedModel.of(
        TITLE, files, engine, FoundSignature.of(files, engine, options, workspace, declared, FILE));
  }

  private static Map<?, ?> parse(Path file) throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      throw new InvalidModelException(
          "%s: %d bytes (expected: at most %d)".formatted(file, Files.size(file), MOST_BYTES));
    }
    try {
      Object read = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
      if (read instanceof Map<?, ?> description) {
        return description;
      }
    } catch (YamlEngineException malformed) {
      throw new InvalidModelException(file + ": " + malformed.getMessage(), malformed);
    }
    throw new InvalidModelException(file + ": no mapping (expected: what MLflow writes)");
  }

  private static Path inside(Path file, Path root, Map<?, ?> flavour) {
    for (String key : List.of("saved_model_dir", "model_path", "data", "model_data")) {
      if (flavour.get(key) instanceof String relative) {
        Path path = root.resolve(relative).normalize();
        if (!path.startsWith(root.normalize()) || !Files.exists(path)) {
          throw new InvalidModelException(
              "%s: %s '%s' (expected: a file or folder beside it)".formatted(file, key, relative));
        }
        return path;
      }
    }
    return root;
  }

  private static Path savedModel(Path file, Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder, DEEPEST)) {
      List<Path> found = paths.filter(path -> path.endsWith(SavedModelFolder.FILE)).toList();
      Path parent = found.size() == 1 ? found.get(0).getParent() : null;
      if (parent != null) {
        return parent;
      }
      throw new InvalidModelException(
          "%s: %d SavedModels in %s (expected: 1; since TensorFlow 2.16 MLflow saves Keras archives, which can run code when they are opened); call model.export(\"folder\") and import that folder"
              .formatted(file, found.size(), folder));
    }
  }

  private static InvalidModelException refused(Path file, Map<?, ?> flavours) {
    List<String> names = new ArrayList<>();
    new TreeSet<>(flavours.keySet().stream().map(String::valueOf).toList()).forEach(names::add);
    String flavour =
        names.stream()
            .filter(name -> REFUSED.containsKey(name) && !name.equals("python_function"))
            .findFirst()
            .orElse(names.contains("python_function") ? "python_function" : "");
    @Nullable String reason = REFUSED.get(flavour);
    return new InvalidModelException(
        reason == null
            ? "%s: flavours %s (expected: one of tensorflow, onnx, pytorch, xgboost, lightgbm)"
                .formatted(file, names)
            : "%s: flavour '%s' is refused: %s".formatted(file, flavour, reason));
  }
}
