package io.tidemill.model.engine.xgboost;

import io.tidemill.model.Device;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.EngineModel;
import io.tidemill.model.engine.FileKind;
import io.tidemill.model.engine.FoundModel;
import io.tidemill.model.engine.ThreadsProperty;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
    return start.startsWith("{") && start.contains("learner");
  }

  @Override
  public String name() {
    return "xgboost";
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

  @Override
  public List<String> check(Path files, Signature given) {
    return differences(given, signature(files).orElseThrow());
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
      check(version, signature, booster.signature());
      return new EngineModel(version, signature, new XGBoostSession(version, signature, booster));
    } catch (RuntimeException e) {
      booster.close();
      throw e;
    }
  }

  private static void check(ModelVersion version, Signature manifest, Signature model) {
    List<String> problems = differences(manifest, model);
    if (!problems.isEmpty()) {
      throw new InvalidModelException(
          "%s: the manifest does not fit the booster: %s; publish a version whose manifest says what the booster has"
              .formatted(version, String.join("; ", problems)));
    }
  }

  /** What a manifest's signature says otherwise than a booster; empty if it fits. */
  static List<String> differences(Signature manifest, Signature model) {
    List<String> problems = new ArrayList<>();
    check("input", manifest.inputs(), model.inputs().get(0), problems);
    check("output", manifest.outputs(), model.outputs().get(0), problems);
    return problems;
  }

  /**
   * A booster's tensors have no names: any fits. One element per row may have a dimension or not.
   */
  private static void check(
      String side, List<TensorSpec> manifest, TensorSpec model, List<String> problems) {
    if (manifest.size() != 1) {
      problems.add(
          "%ss are %s in the manifest but the booster has one: %s"
              .formatted(side, manifest, model));
      return;
    }
    TensorSpec spec = manifest.get(0);
    boolean fits =
        spec.type() == model.type()
            && spec.hasFixedRows()
            && spec.shape().size() <= 2
            && spec.elementsPerRow() == model.elementsPerRow();
    if (!fits) {
      problems.add("%s is %s in the manifest but %s in the booster".formatted(side, spec, model));
    }
  }
}
