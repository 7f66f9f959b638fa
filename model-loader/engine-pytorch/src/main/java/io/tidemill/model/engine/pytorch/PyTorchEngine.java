package io.tidemill.model.engine.pytorch;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.AllowedOperations;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.EngineModel;
import io.tidemill.model.engine.FoundModel;
import io.tidemill.model.engine.ModelTensors;
import io.tidemill.model.engine.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Loads TorchScript files, as {@code torch.jit.save} writes them (engine {@code pytorch}).
 *
 * <p>On the classpath must be {@value #COORDINATES} and, with the classifier of the platform,
 * {@value #NATIVE_COORDINATES}, which DJL unpacks once, about 400 MB, into the folder of {@code
 * DJL_CACHE_DIR} (by default {@code ~/.djl.ai}). Nothing is downloaded.
 *
 * <p>A TorchScript file does not say its signature. The inputs of a signature are the arguments of
 * {@code forward}, in their order; its outputs are what {@code forward} answers: a tensor, a tuple
 * or list of tensors in the signature's order, or a dictionary of tensors by the signature's names.
 *
 * <p>A program that could write or read files, or call other processes, is refused before it is
 * loaded, unless what it calls is allowed by {@link AllowedOperations}.
 *
 * <p>One operation is computed by one thread, that of the caller, unless the process or else the
 * placement of its first model says more ({@code -Dai.djl.pytorch.num_threads}, set here if it is
 * not). They are shared by all models of the process, and a placement that says another number than
 * the process has is refused. {@code -Dai.djl.pytorch.num_interop_threads} counts only for models
 * that fork tasks themselves. Both count only if they are set before the first model of the process
 * is loaded.
 *
 * <p>Stateless and thread-safe.
 */
public final class PyTorchEngine implements Engine {
  static final String COORDINATES =
      "ai.djl.pytorch:pytorch-engine:0.35.1 and ai.djl.pytorch:pytorch-jni:2.7.1-0.35.1";
  static final String NATIVE_COORDINATES = "ai.djl.pytorch:pytorch-native-cpu:2.7.1";

  /** Those of {@link TensorType}, which takes DJL's jar that a push can do without. */
  static final List<ElementType> TYPES =
      List.of(
          ElementType.FLOAT32,
          ElementType.FLOAT64,
          ElementType.FLOAT16,
          ElementType.INT8,
          ElementType.INT32,
          ElementType.INT64,
          ElementType.UINT8,
          ElementType.BOOL);

  @Override
  public String name() {
    return "pytorch";
  }

  @Override
  public boolean threadsAreOfProcess() {
    return true;
  }

  @Override
  public String sought() {
    return TorchScript.KIND.sought();
  }

  @Override
  public Optional<FoundModel> detect(Path path) throws IOException {
    return TorchScript.KIND.detect(path);
  }

  @Override
  public Optional<Signature> signature(Path files) {
    return Optional.empty();
  }

  @Override
  public List<String> check(Path files, Signature given) {
    List<String> problems = new ArrayList<>();
    List<TensorSpec> others =
        Stream.concat(given.inputs().stream(), given.outputs().stream())
            .filter(spec -> !TYPES.contains(spec.type()))
            .toList();
    if (!others.isEmpty()) {
      problems.add(
          "tensors %s (expected: of %s; cast or encode them in forward)"
              .formatted(
                  others,
                  TYPES.stream().map(ElementType::label).collect(Collectors.joining(", "))));
    }
    if (!given.constants().isEmpty()) {
      problems.add(
          "%s (expected: none, forward's arguments have no names; give the argument a default value)"
              .formatted(given.constants()));
    }
    problems.addAll(ModelTensors.undetermined(given));
    return problems;
  }

  @Override
  public List<Operation> operations(Path files, Signature served) {
    String subject = files.toString();
    return new TorchScript(TorchScript.KIND.find(subject, files)).operations(subject);
  }

  @Override
  public Model load(ModelVersion version, Signature signature, Path files, Placement placement) {
    List<String> problems = check(files, signature);
    if (!problems.isEmpty()) {
      throw new InvalidModelException("%s: %s".formatted(version, String.join("; ", problems)));
    }
    Path file = TorchScript.KIND.find(version.toString(), files);
    AllowedOperations.ofProcess()
        .check(
            version.name(),
            version.toString(),
            new TorchScript(file).operations(version.toString()));
    try {
      return new EngineModel(
          version, signature, PyTorchSession.load(version, signature, file, placement));
    } catch (NoClassDefFoundError e) {
      throw missing(e.getMessage() + " is missing", e);
    }
  }

  static UnavailableHereException missing(String what, Throwable cause) {
    return new UnavailableHereException(
        "engine pytorch: DJL's PyTorch engine is not on the classpath (%s); put the jars of %s, and of %s for your platform, into Flink's lib folder, or for the command into the folder that TIDEMILL_LIB names"
            .formatted(what, COORDINATES, NATIVE_COORDINATES),
        cause);
  }
}
