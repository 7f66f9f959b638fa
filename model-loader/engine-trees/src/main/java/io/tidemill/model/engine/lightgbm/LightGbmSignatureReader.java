package io.tidemill.model.engine.lightgbm;

import io.tidemill.model.Signature;
import io.tidemill.model.engine.SignatureReader;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads what a LightGBM text model says of itself; the native library is not needed. One input
 * {@code features} with all its features, and one output {@code prediction} with one value, or one
 * per class.
 *
 * <p>Stateless and thread-safe.
 */
public final class LightGbmSignatureReader implements SignatureReader {

  @Override
  public String engine() {
    return LightGbmModelLoader.ENGINE;
  }

  @Override
  public Signature read(Path files) {
    return ModelText.read(files.toString(), files).signature();
  }

  @Override
  public List<String> differences(Path files, Signature given) {
    return LightGbmModelLoader.differences(given, read(files));
  }
}
