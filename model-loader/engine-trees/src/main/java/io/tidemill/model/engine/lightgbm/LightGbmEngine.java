package io.tidemill.model.engine.lightgbm;

import io.tidemill.model.Device;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.EngineModel;
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
 * Loads models in LightGBM's text format (engine {@code lightgbm}).
 *
 * <p>The native library comes from the jar of {@code lightgbm4j}, of which nothing else is used,
 * and is unpacked into the folder of {@code java.io.tmpdir} for as long as it takes to map it.
 *
 * <p>A call is computed by the thread that makes it. A placement that says N threads lets OpenMP
 * split one over N, and {@code -Dtidemill.lightgbm.threads=N} the calls of all models that are
 * loaded after it is set and whose placement says nothing; every caller then has N - 1 threads of
 * its own. With a core for each, that made a single caller faster at tens of rows and more, slower
 * below, and two callers never. LightGBM keeps the number of the last call for the whole process,
 * so that either counts where versions with different ones are called at once.
 *
 * <p>Thread-safe.
 */
public final class LightGbmEngine implements Engine {
  static final ThreadsProperty THREADS = new ThreadsProperty("tidemill.lightgbm.threads");

  @Override
  public String name() {
    return "lightgbm";
  }

  @Override
  public boolean takesNanAsMissing() {
    return true;
  }

  @Override
  public String sought() {
    return ModelText.FILE.sought();
  }

  @Override
  public Optional<FoundModel> detect(Path path) throws IOException {
    return ModelText.FILE.detect(path);
  }

  /**
   * {@inheritDoc} The native library is not needed. One input {@code features} with all its
   * features, and one output {@code prediction} with one value, or one per class.
   */
  @Override
  public Optional<Signature> signature(Path files) {
    return Optional.of(ModelText.read(files.toString(), files).signature());
  }

  /** {@inheritDoc} How many trees a prediction adds up. */
  @Override
  public Map<String, String> labels(Path files) {
    return Map.of("trees", String.valueOf(ModelText.read(files.toString(), files).trees()));
  }

  @Override
  public List<String> check(Path files, Signature given) {
    return tensors(signature(files).orElseThrow()).differences(given);
  }

  @Override
  public Model load(ModelVersion version, Signature signature, Path files, Placement placement) {
    if (placement.device().kind() == Device.Kind.GPU) {
      throw new UnavailableHereException(
          "%s: device %s, but LightGBM predicts on the processor only (expected: cpu)"
              .formatted(version, placement.device()));
    }
    ModelText text = ModelText.read(version.toString(), files);
    tensors(text.signature()).require(version, signature);
    return new EngineModel(
        version,
        signature,
        LightGbmSession.load(version, signature, text, placement.threadsOr(THREADS::get)));
  }

  private static NamelessTensors tensors(Signature text) {
    return new NamelessTensors(
        "the booster", text, Set.of(ElementType.FLOAT32, ElementType.FLOAT64));
  }
}
