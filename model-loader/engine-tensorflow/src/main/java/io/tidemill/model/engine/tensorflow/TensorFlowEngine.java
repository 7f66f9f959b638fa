package io.tidemill.model.engine.tensorflow;

import ai.djl.MalformedModelException;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDList;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.tensorflow.engine.SavedModelBundle;
import ai.djl.tensorflow.engine.TfSymbolBlock;
import io.tidemill.model.Device;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.AllowedOperations;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.EngineModel;
import io.tidemill.model.engine.FoundModel;
import io.tidemill.model.engine.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.tensorflow.exceptions.TensorFlowException;

/**
 * Loads SavedModels with the tag {@code serve} (engine {@code tensorflow}).
 *
 * <p>The native library comes from the classpath; nothing is downloaded. JavaCPP unpacks it once,
 * about 600 MB, into the folder of {@code -Dorg.bytedeco.javacpp.cachedir} (by default {@code
 * ~/.javacpp/cache}).
 *
 * <p>Each operation of a call runs in the thread of the caller ({@code
 * -Dai.djl.tensorflow.num_interop_threads=-1}, set here unless the process has set it already). One
 * large operation may still be split over a pool that the whole process shares, as large as the
 * machine has cores; the placement of the process's first model or {@code
 * -Dai.djl.tensorflow.num_intraop_threads} changes that. Both properties count only if they are set
 * before that model is loaded, and a placement that says another number of threads than the process
 * has is refused.
 *
 * <p>A graph whose calls, or whose loading, run operations that are not known to only compute is
 * refused before it is loaded, unless they are allowed by {@link AllowedOperations}.
 *
 * <p>Stateless and thread-safe.
 */
public final class TensorFlowEngine implements Engine {
  private static final String TITLE = "TensorFlow SavedModel";

  /** As docs/models.md measured it. */
  private static final long NATIVE_BYTES = 300L << 20;

  @Override
  public String name() {
    return "tensorflow";
  }

  @Override
  public long nativeBytes() {
    return NATIVE_BYTES;
  }

  @Override
  public boolean threadsAreOfProcess() {
    return true;
  }

  @Override
  public String sought() {
    return TITLE + " (a folder with saved_model.pb)";
  }

  @Override
  public Optional<FoundModel> detect(Path path) {
    return SavedModelFolder.is(path) ? Optional.of(FoundModel.of(TITLE, path)) : Optional.empty();
  }

  @Override
  public Optional<Signature> signature(Path files) {
    return signature(files, "", Map.of());
  }

  @Override
  public Optional<Signature> signature(Path files, String named, Map<String, String> constants) {
    SavedModelFolder folder = read(files);
    ServedSignature served = named.isEmpty() ? folder.preferred() : folder.named(named);
    Signature signature = served.tensors().signature(folder.subject(), constants);
    if (!named.isEmpty()) {
      signature = signature.of(named, served.definition().getMethodName());
    }
    folder.operations(signature);
    return Optional.of(signature);
  }

  @Override
  public List<String> check(Path files, Signature given) {
    return read(files).madeInto(given).tensors().differences(given);
  }

  @Override
  public List<Operation> operations(Path files, Signature served) {
    return read(files).operations(served).all();
  }

  @Override
  public List<Map<String, Object>> samples(Path files, Signature served) {
    SavedModelFolder folder = read(files);
    return WarmupRequests.in(folder.path(), folder.madeInto(served).name(), served).rows();
  }

  private static SavedModelFolder read(Path files) {
    return SavedModelFolder.read(files.toString(), files);
  }

  @Override
  public Model load(ModelVersion version, Signature signature, Path files, Placement placement) {
    Device device = placement.device();
    if (device.index() > 0) {
      throw new UnavailableHereException(
          "%s: device %s (expected: cpu or gpu:0; give each process its GPU with CUDA_VISIBLE_DEVICES)"
              .formatted(version, device));
    }
    SavedModelFolder folder = SavedModelFolder.read(version.toString(), files);
    ServedSignature served = folder.madeInto(signature);
    served.tensors().require(version, signature);
    AllowedOperations.ofProcess()
        .check(version.name(), version.toString(), folder.operations(signature).all());
    TensorFlowLibrary.OF_PROCESS.start(version.toString(), placement.threads());
    ZooModel<NDList, NDList> loaded = loadWithDjl(folder, device);
    try {
      SavedModelBundle bundle = ((TfSymbolBlock) loaded.getBlock()).getSavedModelBundle();
      if (device.kind() == Device.Kind.GPU && !TensorFlowLibrary.hasGpu(bundle.getSession())) {
        throw new UnavailableHereException(
            "%s: device %s, but TensorFlow sees no GPU here (expected: a GPU, its driver and a TensorFlow library built for it; or device: cpu)"
                .formatted(version, device));
      }
      Binding binding = Binding.bind(version, signature, served, bundle.getGraph());
      return new EngineModel(
          version,
          signature,
          new TensorFlowSession(version, signature, binding, bundle.getSession(), loaded));
    } catch (RuntimeException e) {
      loaded.close();
      throw e;
    }
  }

  private static ZooModel<NDList, NDList> loadWithDjl(SavedModelFolder folder, Device device) {
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optEngine(TensorFlowLibrary.DJL_NAME)
            .optDevice(device.kind() == Device.Kind.GPU ? ai.djl.Device.gpu() : ai.djl.Device.cpu())
            .optModelPath(folder.path())
            .optOption(
                "ConfigProto",
                Base64.getEncoder()
                    .encodeToString(TensorFlowLibrary.sessionConfig(device).toByteArray()))
            .build();
    try {
      return criteria.loadModel();
    } catch (IOException
        | ModelNotFoundException
        | MalformedModelException
        | EngineException
        | TensorFlowException
        | IllegalArgumentException
        | IllegalStateException
        | NoSuchElementException e) {
      throw new InvalidModelException(
          "%s: TensorFlow cannot load %s: %s"
              .formatted(folder.subject(), folder.path(), TensorFlowLibrary.reason(e)),
          e);
    }
  }
}
