package io.tidemill.model.engine.xgboost;

import io.tidemill.model.Signature;
import io.tidemill.model.engine.SignatureReader;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads what a booster says of itself by loading it: one input {@code features} with all its
 * features, and one output {@code prediction} as its objective shapes it.
 *
 * <p>Stateless and thread-safe.
 */
public final class XGBoostSignatureReader implements SignatureReader {

  @Override
  public String engine() {
    return XGBoostModelLoader.ENGINE;
  }

  @Override
  public Signature read(Path files) {
    String subject = files.toString();
    try (Booster booster = Booster.load(subject, BoosterFile.find(subject, files), 1)) {
      return booster.signature();
    }
  }

  @Override
  public List<String> differences(Path files, Signature given) {
    return XGBoostModelLoader.differences(given, read(files));
  }
}
