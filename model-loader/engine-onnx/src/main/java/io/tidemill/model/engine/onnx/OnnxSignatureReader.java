package io.tidemill.model.engine.onnx;

import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.SignatureReader;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * Reads what an .onnx file says of itself, by opening it with ONNX Runtime. Inputs and outputs are
 * in the order of the file; a size that it leaves open, with a name or without, is -1.
 *
 * <p>Stateless and thread-safe.
 */
public final class OnnxSignatureReader implements SignatureReader {

  @Override
  public String engine() {
    return OnnxModelLoader.ENGINE;
  }

  @Override
  public Signature read(Path files) {
    return opened(files, OnnxFile::signature);
  }

  @Override
  public List<String> differences(Path files, Signature given) {
    return opened(files, file -> file.tensors().differences(given));
  }

  private static <T> T opened(Path files, Function<OnnxFile, T> reading) {
    try (OnnxFile file = OnnxFile.open(files.toString(), files, Placement.CPU)) {
      return reading.apply(file);
    } catch (NoClassDefFoundError e) {
      throw OnnxModelLoader.unavailable(e);
    }
  }
}
