package io.tidemill.model.engine.onnx;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.EngineModel;
import io.tidemill.model.engine.FileKind;
import io.tidemill.model.engine.FoundModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Loads .onnx files (engine {@code onnx}), with their external data where they have some.
 *
 * <p>ONNX Runtime must be on the classpath: {@value #COORDINATES}, whose native library is in the
 * jar, or for a GPU {@value #GPU_COORDINATES} in its place.
 *
 * <p>The placement, or else {@code -Dtidemill.onnx.intra-op-threads}, says how many threads compute
 * one operation, by default 1: then a call runs in the thread of the caller, and calls run beside
 * each other without waiting. With more, each loaded model has a pool of its own that its calls
 * share; a call of a small network is then slower than with one thread at batches of 32 and of 512,
 * and only operations of milliseconds gain. {@code -Dtidemill.onnx.inter-op-threads}, by default 1,
 * says how many operations of one call run beside each other. The properties count for models that
 * are loaded afterwards.
 *
 * <p>On a GPU every operation must have a CUDA kernel; a model in which some have none is refused,
 * unless {@code -Dtidemill.onnx.cpu-operations-on-gpu=true} allows that those run on the CPU.
 *
 * <p>A signature has inputs and outputs in the order of the file; a size that it leaves open, with
 * a name or without, is -1.
 *
 * <p>Stateless and thread-safe.
 */
public final class OnnxEngine implements Engine {
  static final String COORDINATES = "com.microsoft.onnxruntime:onnxruntime:1.28.0";
  static final String GPU_COORDINATES = "com.microsoft.onnxruntime:onnxruntime_gpu:1.28.0";

  private static final FileKind FILE =
      new FileKind(
          "ONNX file",
          "named .onnx",
          List.of(".onnx"),
          file -> file.toString().toLowerCase(Locale.ROOT).endsWith(".onnx"));

  @Override
  public String name() {
    return "onnx";
  }

  @Override
  public String sought() {
    return FILE.sought();
  }

  /** {@inheritDoc} A folder is taken whole; a file takes its weights along. */
  @Override
  public Optional<FoundModel> detect(Path path) throws IOException {
    Optional<FoundModel> found = FILE.detect(path);
    if (found.isEmpty()) {
      return found;
    }
    return Optional.of(
        Files.isDirectory(path)
            ? FoundModel.of(FILE.title(), path)
            : found.get().with(OnnxWeights.of(path)));
  }

  @Override
  public Optional<Signature> signature(Path files) {
    return signature(files, "", Map.of());
  }

  @Override
  public Optional<Signature> signature(Path files, String named, Map<String, String> constants) {
    if (!named.isEmpty()) {
      return Engine.super.signature(files, named, constants);
    }
    try (OnnxFile file = open(files.toString(), files, Placement.CPU)) {
      return Optional.of(file.tensors().signature(files.toString(), constants));
    }
  }

  /** {@inheritDoc} The classes whose scores an output of scikit-learn has, in their order. */
  @Override
  public Map<String, String> labels(Path files) {
    try {
      Path file = FILE.find(files.toString(), files);
      List<ZipMaps.ZipMap> maps = ZipMaps.of(file).maps();
      Map<String, String> labels = new LinkedHashMap<>();
      for (ZipMaps.ZipMap map : maps) {
        String key = maps.size() == 1 ? "classes" : "classes." + map.output();
        labels.put(key, String.join(", ", map.classes()));
      }
      return labels;
    } catch (IOException e) {
      throw new UncheckedIOException(files + ": " + e, e);
    }
  }

  @Override
  public List<Map<String, Object>> samples(Path files, Signature served) {
    try {
      return new TestDataSets(FILE.find(files.toString(), files)).rows(served);
    } catch (IOException e) {
      throw new UncheckedIOException(files + ": " + e, e);
    }
  }

  @Override
  public List<String> check(Path files, Signature given) {
    try (OnnxFile file = open(files.toString(), files, Placement.CPU)) {
      return file.tensors().differences(given);
    }
  }

  @Override
  public Model load(ModelVersion version, Signature signature, Path files, Placement placement) {
    OnnxFile file = open(version.toString(), files, placement);
    try {
      file.tensors().require(version, signature);
      return new EngineModel(version, signature, OnnxSession.of(version, signature, file));
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static OnnxFile open(String subject, Path files, Placement placement) {
    try {
      return OnnxFile.open(subject, FILE.find(subject, files), placement);
    } catch (NoClassDefFoundError missing) {
      throw unavailable(missing);
    }
  }

  private static UnavailableHereException unavailable(NoClassDefFoundError missing) {
    String message = String.valueOf(missing.getMessage());
    // A class that is there but whose native library has failed once is reported in this way.
    String what =
        message.startsWith("Could not initialize class")
            ? "its native library does not start (expected: a platform that the jar of %s is made for, and room in the folder for temporary files)"
            : "ONNX Runtime is not on the classpath ("
                + message
                + " is missing); put the jar of %s into Flink's lib folder";
    return new UnavailableHereException(("engine onnx: " + what).formatted(COORDINATES), missing);
  }
}
