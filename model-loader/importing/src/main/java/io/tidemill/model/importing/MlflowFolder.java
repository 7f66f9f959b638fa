package io.tidemill.model.importing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.FoundModel;
import io.tidemill.model.engine.NamedPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** An MLflow model: a folder with {@code MLmodel}, which names its flavours. */
final class MlflowFolder implements ModelFormat {
  private static final String FILE = "MLmodel";
  private static final String TITLE = "MLflow model";
  private static final String TORCH = "pytorch";
  private static final List<String> FLAVOURS = List.of("onnx", TORCH, "xgboost", "lightgbm");
  private static final long MOST_BYTES = 1 << 20;
  private static final int DEEPEST_YAML = 32;
  private static final int DEEPEST_FOLDER = 4;
  private static final String SKLEARN =
      "it holds a pickle, which runs code when it is opened; convert the model with skl2onnx.to_onnx, log it with mlflow.onnx.log_model, or import the .onnx file";
  private static final String PYTHON =
      "it runs Python; log the model with its own flavour (onnx, tensorflow, xgboost, lightgbm), or export it to ONNX";

  // In this order: every model has the last one too.
  private static final Map<String, String> REFUSED = new LinkedHashMap<>();

  static {
    REFUSED.put("sklearn", SKLEARN);
    REFUSED.put("statsmodels", SKLEARN);
    REFUSED.put("spark", "it runs Spark; export the model to ONNX");
    REFUSED.put("catboost", "no engine here reads it; save_model(…, format=\"onnx\") makes ONNX");
    REFUSED.put("python_function", PYTHON);
  }

  @Override
  public String sought() {
    return "an MLflow model (a folder with MLmodel)";
  }

  @Override
  public boolean matches(Path path) {
    return Files.isRegularFile(path.resolve(FILE));
  }

  @Override
  public DetectedModel read(Path path, Workspace workspace) throws IOException {
    Path file = path.resolve(FILE);
    Map<?, ?> description = parse(file);
    Map<?, ?> flavours = mapping(description, "flavors");
    MlflowExample example =
        new MlflowExample(new Listing(path), mapping(description, "saved_input_example_info"));
    for (String name : List.of("tensorflow", "keras")) {
      if (flavours.get(name) instanceof Map<?, ?> said) {
        Engine engine = workspace.engines().find("tensorflow");
        Path model = savedModel(file, inside(file, path, said), engine);
        String usual = said.get("signature_def_key") instanceof String key ? key : null;
        return detected(
            workspace.taken(model, FoundModel.of(TITLE, model)),
            engine,
            workspace.signature(model, engine, null, usual),
            example,
            workspace);
      }
    }
    for (String name : FLAVOURS) {
      if (flavours.get(name) instanceof Map<?, ?> said) {
        Engine engine = workspace.engines().find(name);
        return read(
            file,
            inside(file, path, said),
            engine,
            mapping(description, "signature"),
            example,
            workspace);
      }
    }
    throw refused(file, flavours);
  }

  private static Map<?, ?> mapping(Map<?, ?> parent, String key) {
    return parent.get(key) instanceof Map<?, ?> mapping ? mapping : Map.of();
  }

  private static DetectedModel read(
      Path file,
      Path model,
      Engine engine,
      Map<?, ?> sides,
      MlflowExample example,
      Workspace workspace)
      throws IOException {
    Optional<FoundModel> found = engine.detect(model);
    if (found.isEmpty()) {
      throw new InvalidModelException(
          "%s: %s is %s (expected: %s); %s"
              .formatted(
                  file,
                  model,
                  new Listing(model).described(),
                  engine.sought(),
                  remedy(engine.name())));
    }
    Path files = workspace.taken(model, found.get());
    // Other engines say it themselves. MLflow's is what its Python wrapper takes, which casts and
    // names as it likes, so the two need not agree.
    DeclaredSignature declared =
        engine.name().equals(TORCH)
            ? new MlflowSignature(file.toString(), sides).tensors().orElse(null)
            : null;
    Signature signature = workspace.signature(files, engine, declared, null);
    return detected(files, engine, signature, example, workspace);
  }

  private static DetectedModel detected(
      Path files, Engine engine, Signature signature, MlflowExample example, Workspace workspace)
      throws IOException {
    Path sampled =
        workspace.sampled(
            workspace.sampled(files, engine, signature),
            signature,
            "saved_input_example_info",
            () -> example.rows(signature));
    return DetectedModel.of(TITLE, sampled, engine.name(), signature);
  }

  private static String remedy(String engine) {
    return switch (engine) {
      case TORCH ->
          "pickles run code when they are opened; log torch.jit.script(model), or import what torch.jit.save or torch.onnx.export wrote";
      case "xgboost" -> "log the model again with model_format=\"ubj\"";
      case "lightgbm" -> "log the booster, which is model.booster_, and not the model around it";
      default -> "log the model again in that form";
    };
  }

  private static Map<?, ?> parse(Path file) throws IOException {
    String text = new Listing(file).text(MOST_BYTES);
    LoadSettings settings = LoadSettings.builder().build();
    try {
      checkDepth(file, new Parse(settings).parseString(text));
      if (new Load(settings).loadFromString(text) instanceof Map<?, ?> description) {
        return description;
      }
    } catch (YamlEngineException malformed) {
      throw new InvalidModelException(file + ": " + malformed.getMessage(), malformed);
    }
    throw new InvalidModelException(file + ": no mapping (expected: what MLflow writes)");
  }

  /** The parser takes any depth, but who makes a tree of it does so on the stack. */
  private static void checkDepth(Path file, Iterable<Event> events) {
    int depth = 0;
    for (Event event : events) {
      if (event instanceof CollectionStartEvent && ++depth > DEEPEST_YAML) {
        throw new InvalidModelException(
            "%s: values in one another more than %d deep (expected: what MLflow writes)"
                .formatted(file, DEEPEST_YAML));
      }
      depth -= event instanceof CollectionEndEvent ? 1 : 0;
    }
  }

  private static Path inside(Path file, Path root, Map<?, ?> flavour) {
    for (String key : List.of("saved_model_dir", "model_path", "data", "model_data")) {
      if (flavour.get(key) instanceof String relative) {
        return new NamedPath(root, relative)
            .inside()
            .filter(Files::exists)
            .orElseThrow(
                () ->
                    new InvalidModelException(
                        "%s: %s '%s' (expected: a file or folder beside it)"
                            .formatted(file, key, relative)));
      }
    }
    return root;
  }

  private static Path savedModel(Path file, Path folder, Engine engine) throws IOException {
    try (Stream<Path> paths = Files.walk(folder, DEEPEST_FOLDER)) {
      List<Path> found = new ArrayList<>();
      for (Path path : paths.filter(Files::isDirectory).toList()) {
        engine.detect(path).map(FoundModel::files).ifPresent(found::add);
      }
      if (found.size() == 1) {
        return found.get(0);
      }
      throw new InvalidModelException(
          "%s: %d SavedModels in %s (expected: 1; since TensorFlow 2.16 MLflow saves Keras archives, which can run code when they are opened); call model.export(\"folder\") and import that folder"
              .formatted(file, found.size(), folder));
    }
  }

  private static InvalidModelException refused(Path file, Map<?, ?> flavours) {
    Set<String> names = new TreeSet<>();
    flavours.keySet().forEach(name -> names.add(String.valueOf(name)));
    return REFUSED.entrySet().stream()
        .filter(refused -> names.contains(refused.getKey()))
        .findFirst()
        .map(
            refused ->
                new InvalidModelException(
                    "%s: flavour '%s' is refused: %s"
                        .formatted(file, refused.getKey(), refused.getValue())))
        .orElseGet(
            () ->
                new InvalidModelException(
                    "%s: flavours %s (expected: one of tensorflow, onnx, pytorch, xgboost, lightgbm)"
                        .formatted(file, names)));
  }
}
