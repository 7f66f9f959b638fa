package io.tidemill.model.engine.xgboost;

import io.tidemill.model.Device;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.EngineModel;
import io.tidemill.model.engine.FileKind;
import io.tidemill.model.engine.FoundModel;
import io.tidemill.model.engine.NamelessTensors;
import io.tidemill.model.engine.ThreadsProperty;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Loads boosters that XGBoost saved as {@code .json} or {@code .ubj} (engine {@code xgboost}),
 * those made of trees: {@code gbtree} and {@code dart}.
 *
 * <p>XGBoost trusts the indices in a file and ends the process where they lead nowhere. Each file
 * is therefore read through first, and refused where it is cut off or its parts do not fit
 * together.
 *
 * <p>The native library comes from the jar of {@code xgboost4j}, of which nothing else is used, and
 * is unpacked into the folder of {@code java.io.tmpdir} for as long as it takes to map it.
 *
 * <p>A call is computed by the thread that makes it. A placement that says N threads lets OpenMP
 * split one over N, and {@code -Dtidemill.xgboost.threads=N} the calls of all models that are
 * loaded after it is set and whose placement says nothing; every caller then has N - 1 threads of
 * its own. With a core for each, that made a single caller faster at hundreds of rows, slower
 * below, and two callers never.
 *
 * <p>Thread-safe.
 */
public final class XGBoostEngine implements Engine {
  static final ThreadsProperty THREADS = new ThreadsProperty("tidemill.xgboost.threads");

  private static final int START_BYTES = 1 << 16;
  private static final FileKind FILE =
      new FileKind(
          "XGBoost file",
          "JSON or UBJSON with 'learner', as Booster.save_model(\"m.ubj\") writes it",
          List.of(".ubj", ".json"),
          XGBoostEngine::hasLearner);

  private static boolean hasLearner(Path file) throws IOException {
    String start = FileKind.start(file, START_BYTES);
    if (start.startsWith("binf")) {
      throw new InvalidModelException(
          "%s: a booster in XGBoost's old binary form (expected: save as .ubj, with a version up to 3.0: booster.save_model(\"m.ubj\"))"
              .formatted(file));
    }
    return start.startsWith("{") && start.contains("learner");
  }

  @Override
  public String name() {
    return "xgboost";
  }

  @Override
  public boolean takesNanAsMissing() {
    return true;
  }

  @Override
  public String sought() {
    return FILE.sought();
  }

  /** {@inheritDoc} JSON begins with a quote after its brace, UBJSON with the length of a key. */
  @Override
  public Optional<FoundModel> detect(Path path) throws IOException {
    Optional<FoundModel> found = FILE.detect(path);
    if (found.isEmpty() || found.get().isWhole()) {
      return found;
    }
    boolean json = FileKind.start(found.get().files(), 64).matches("(?s)\\{\\s*\".*");
    return json ? Optional.of(found.get().called("model.json")) : found;
  }

  /**
   * {@inheritDoc} It loads the booster: one input {@code features} with all its features, and one
   * output {@code prediction} as its objective shapes it.
   */
  @Override
  public Optional<Signature> signature(Path files) {
    String subject = files.toString();
    try (Booster booster = Booster.load(subject, FILE.find(subject, files), 1)) {
      return Optional.of(booster.signature());
    }
  }

  /** {@inheritDoc} How many trees a prediction adds up, and of how many if not of all. */
  @Override
  public Map<String, String> labels(Path files) {
    String subject = files.toString();
    SavedBooster saved = SavedBooster.read(subject, FILE.find(subject, files));
    int all = saved.trees();
    int added = saved.addedTrees();
    return Map.of("trees", added == all ? String.valueOf(all) : "%d of %d".formatted(added, all));
  }

  @Override
  public List<String> check(Path files, Signature given) {
    return tensors(signature(files).orElseThrow()).differences(given);
  }

  @Override
  public Model load(ModelVersion version, Signature signature, Path files, Placement placement) {
    if (placement.device().kind() == Device.Kind.GPU) {
      throw new UnavailableHereException(
          "%s: device %s, but the library of xgboost4j_2.12 is built without CUDA (expected: cpu)"
              .formatted(version, placement.device()));
    }
    Booster booster =
        Booster.load(
            version.toString(),
            FILE.find(version.toString(), files),
            placement.threadsOr(THREADS::get));
    try {
      tensors(booster.signature()).require(version, signature);
      return new EngineModel(version, signature, new XGBoostSession(version, signature, booster));
    } catch (RuntimeException e) {
      booster.close();
      throw e;
    }
  }

  private static NamelessTensors tensors(Signature booster) {
    return new NamelessTensors("the booster", booster, Set.of(ElementType.FLOAT32));
  }
}
