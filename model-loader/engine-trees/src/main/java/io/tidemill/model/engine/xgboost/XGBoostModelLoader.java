package io.tidemill.model.engine.xgboost;

import io.tidemill.model.Device;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.ModelLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
public final class XGBoostModelLoader implements ModelLoader {
  /** The engine's name in manifests. */
  public static final String ENGINE = "xgboost";

  @Override
  public String engine() {
    return ENGINE;
  }

  /**
   * Loads a booster.
   *
   * @param directory the folder with the file, the only one in it named {@code .json} or {@code
   *     .ubj}
   */
  @Override
  public Model load(
      ModelVersion version, Signature signature, Path directory, Placement placement) {
    if (placement.device().kind() == Device.Kind.GPU) {
      throw new UnavailableHereException(
          "%s: device %s, but the library of xgboost4j_2.12 is built without CUDA (expected: cpu)"
              .formatted(version, placement.device()));
    }
    Booster booster =
        Booster.load(
            version.toString(),
            BoosterFile.find(version.toString(), directory),
            placement.threadsOr(XGBoostEngine.LIBRARY::threads));
    try {
      check(version, signature, booster.signature());
      return new XGBoostModel(version, signature, booster);
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
