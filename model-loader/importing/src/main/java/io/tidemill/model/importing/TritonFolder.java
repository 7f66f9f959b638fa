package io.tidemill.model.importing;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.engine.FoundModel;
import io.tidemill.model.engine.NamedPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A model of a Triton repository, or a repository with one model. */
final class TritonFolder implements ModelFormat {
  private static final String CONFIG = "config.pbtxt";

  /** Triton's name for the backend of boosters. */
  private static final String BOOSTERS = "fil";

  /** What Triton serves without a configuration, in the folder of a version. */
  private static final List<String> NAMES = List.of("model.onnx", "model.pt", "model.savedmodel");

  @Override
  public String sought() {
    return "a model of a Triton repository (folders 1, 2, …, and config.pbtxt beside them or model.onnx, model.pt or model.savedmodel in them)";
  }

  @Override
  public boolean matches(Path path) throws IOException {
    return isModel(path) || !models(path).isEmpty();
  }

  private static boolean isModel(Path path) throws IOException {
    if (Files.isRegularFile(path.resolve(CONFIG))) {
      return true;
    }
    for (Path version : new Listing(path).numbered().values()) {
      if (NAMES.stream().anyMatch(name -> Files.exists(version.resolve(name)))) {
        return true;
      }
    }
    return false;
  }

  private static List<Path> models(Path path) throws IOException {
    List<Path> models = new ArrayList<>();
    for (Path child : new Listing(path).children()) {
      if (isModel(child)) {
        models.add(child);
      }
    }
    return models;
  }

  @Override
  public DetectedModel read(Path path, Workspace workspace) throws IOException {
    if (isModel(path)) {
      return readModel(path, workspace);
    }
    List<Path> models = models(path);
    if (models.size() > 1) {
      throw new InvalidModelException(
          "%s: a Triton repository with the models %s (expected: one); name the model's folder"
              .formatted(path, models.stream().map(FoundModel::nameOf).toList()));
    }
    return readModel(models.get(0), workspace);
  }

  private static DetectedModel readModel(Path path, Workspace workspace) throws IOException {
    Path file = path.resolve(CONFIG);
    TritonConfig config = Files.exists(file) ? TritonConfig.read(file) : TritonConfig.absent(file);
    SortedMap<Long, Path> numbered = new Listing(path).numbered();
    if (numbered.isEmpty()) {
      throw new InvalidModelException(
          path
              + ": no folder with a number beside "
              + CONFIG
              + " (expected: the model's versions)");
    }
    long number =
        ServingFolder.choose(path, served(config, numbered), workspace.options().number());
    Path version = requireNonNull(numbered.get(number));
    Engine engine = engine(config, version, workspace.engines());
    Path files = files(config, engine, version, workspace);
    Signature signature = workspace.signature(files, engine, declared(config), null);
    Path sampled =
        workspace.sampled(
            workspace.sampled(files, engine, signature),
            signature,
            "model_warmup",
            () -> config.warmup().rows(signature));
    return DetectedModel.of("model of a Triton repository", sampled, engine.name(), signature)
        .in(
            "model of a Triton repository",
            config.name().isEmpty() ? FoundModel.nameOf(path) : config.name(),
            new SemanticVersion(number, 0, 0, ""));
  }

  private static SortedMap<Long, Path> served(TritonConfig config, SortedMap<Long, Path> numbered) {
    SortedMap<Long, Path> served = new TreeMap<>(numbered);
    served.keySet().removeIf(number -> !config.served().contains(String.valueOf(number)));
    return served.isEmpty() ? numbered : served;
  }

  /** Triton calls the tensors of boosters what it likes, and makes classes of their scores. */
  private static @Nullable DeclaredSignature declared(TritonConfig config) {
    return config.backend().equals(BOOSTERS) ? null : config.signature();
  }

  private static Engine engine(TritonConfig config, Path version, Engines engines)
      throws IOException {
    return switch (config.backend()) {
      case "tensorflow_savedmodel", "tensorflow" -> engines.find("tensorflow");
      case "onnxruntime_onnx", "onnxruntime" -> engines.find("onnx");
      case "pytorch_libtorch", "pytorch" -> engines.find("pytorch");
      case BOOSTERS -> {
        Engine lightgbm = engines.find("lightgbm");
        yield lightgbm.detect(version).isPresent() ? lightgbm : engines.find("xgboost");
      }
      case "" -> byFiles(config, version, engines);
      case "python", "vllm", "tensorrt_llm" ->
          throw refused(config, "it runs Python or a server of its own; export the model to ONNX");
      case "tensorflow_graphdef" ->
          throw refused(config, "a graph without signature; export it as a SavedModel");
      case "tensorrt_plan", "tensorrt" ->
          throw refused(config, "made for one kind of GPU; publish the ONNX file it was made of");
      case "ensemble" ->
          throw refused(config, "several models; import each and chain them as steps of a job");
      default -> throw refused(config, "not known here; export the model to ONNX");
    };
  }

  private static InvalidModelException refused(TritonConfig config, String reason) {
    return new InvalidModelException(
        "%s: backend '%s' is refused: %s".formatted(config.path(), config.backend(), reason));
  }

  private static Engine byFiles(TritonConfig config, Path version, Engines engines)
      throws IOException {
    for (Engine engine : engines.all()) {
      if (!models(engine, version).isEmpty()) {
        return engine;
      }
    }
    throw new InvalidModelException(
        "%s: no platform and no backend, and %s is %s (expected: a model.savedmodel, model.onnx or model.pt)"
            .formatted(config.path(), version, new Listing(version).described()));
  }

  /** Where a model is a folder, Triton has it in one with the name that its file would have. */
  private static List<Path> models(Engine engine, Path place) throws IOException {
    if (engine.detect(place).isPresent()) {
      return List.of(place);
    }
    List<Path> found = new ArrayList<>();
    for (Path child : new Listing(place).children()) {
      if (Files.isDirectory(child) && engine.detect(child).isPresent()) {
        found.add(child);
      }
    }
    return found;
  }

  private static Path files(TritonConfig config, Engine engine, Path version, Workspace workspace)
      throws IOException {
    Path place = config.file().isEmpty() ? version : inside(config, version);
    List<Path> found = models(engine, place);
    Path model = found.size() == 1 ? found.get(0) : place;
    new Listing(model).refuseCode();
    Optional<FoundModel> detected = found.size() == 1 ? engine.detect(model) : Optional.empty();
    if (detected.isEmpty()) {
      throw new InvalidModelException(
          "%s: %s is %s (expected: one %s)"
              .formatted(config.path(), place, new Listing(place).described(), engine.sought()));
    }
    return workspace.taken(model, detected.get());
  }

  private static Path inside(TritonConfig config, Path version) {
    return new NamedPath(version, config.file())
        .inside()
        .filter(Files::exists)
        .orElseThrow(
            () ->
                new InvalidModelException(
                    "%s: default_model_filename '%s' (expected: a file in %s)"
                        .formatted(config.path(), config.file(), version)));
  }
}
