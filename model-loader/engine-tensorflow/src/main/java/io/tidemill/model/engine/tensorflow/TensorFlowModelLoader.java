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
import io.tidemill.model.engine.ModelLoader;
import io.tidemill.model.engine.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.internal.c_api.TF_Session;

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
 * <p>A graph with operations that read or write files, open connections or run code is refused
 * before it is loaded, unless they are allowed by {@link AllowedOperations}.
 *
 * <p>Thread-safe.
 */
public final class TensorFlowModelLoader implements ModelLoader {
  /** The engine's name in manifests. */
  public static final String ENGINE = "tensorflow";

  private static final String SAVED_MODEL = "saved_model.pb";

  private final SavedModelOperations operations = new SavedModelOperations();

  @Override
  public String engine() {
    return ENGINE;
  }

  @Override
  public boolean threadsAreOfProcess() {
    return true;
  }

  /**
   * Loads a SavedModel.
   *
   * @param directory the SavedModel's folder, or one with a single SavedModel's folder in it
   */
  @Override
  public Model load(
      ModelVersion version, Signature signature, Path directory, Placement placement) {
    Device device = placement.device();
    if (device.index() > 0) {
      throw new UnavailableHereException(
          "%s: device %s (expected: cpu or gpu:0; give each process its GPU with CUDA_VISIBLE_DEVICES)"
              .formatted(version, device));
    }
    Path folder = savedModel(version, directory);
    AllowedOperations.ofProcess()
        .check(version.name(), version.toString(), operations(version, folder));
    TensorFlowEngine.start(version.toString(), placement.threads());
    ZooModel<NDList, NDList> loaded = loadWithDjl(version, folder, device);
    try {
      SavedModelBundle bundle = ((TfSymbolBlock) loaded.getBlock()).getSavedModelBundle();
      checkDevice(version, bundle.getSession(), device);
      Binding binding =
          Binding.bind(version, signature, bundle.getMetaGraphDef(), bundle.getGraph());
      return new TensorFlowModel(version, signature, binding, bundle.getSession(), loaded);
    } catch (RuntimeException e) {
      loaded.close();
      throw e;
    }
  }

  private static Path savedModel(ModelVersion version, Path directory) {
    if (Files.isRegularFile(directory.resolve(SAVED_MODEL))) {
      return directory;
    }
    try (Stream<Path> children = Files.list(directory)) {
      List<Path> folders =
          children.filter(child -> Files.isRegularFile(child.resolve(SAVED_MODEL))).toList();
      if (folders.size() == 1) {
        return folders.get(0);
      }
      throw new InvalidModelException(
          "%s: %d folders with a %s in %s (expected: 1; publish the folder that TensorFlow exported)"
              .formatted(version, folders.size(), SAVED_MODEL, directory));
    } catch (IOException e) {
      throw new InvalidModelException(
          "%s: files in %s cannot be listed: %s".formatted(version, directory, e), e);
    }
  }

  private List<Operation> operations(ModelVersion version, Path folder) {
    try {
      return operations.operations(folder);
    } catch (InvalidModelException malformed) {
      throw new InvalidModelException(
          "%s: TensorFlow cannot load %s: %s".formatted(version, folder, malformed.getMessage()),
          malformed);
    }
  }

  private static ZooModel<NDList, NDList> loadWithDjl(
      ModelVersion version, Path folder, Device device) {
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optEngine(TensorFlowEngine.DJL_NAME)
            .optDevice(device.kind() == Device.Kind.GPU ? ai.djl.Device.gpu() : ai.djl.Device.cpu())
            .optModelPath(folder)
            .optOption(
                "ConfigProto",
                Base64.getEncoder()
                    .encodeToString(TensorFlowEngine.sessionConfig(device).toByteArray()))
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
              .formatted(version, folder, TensorFlowEngine.reason(e)),
          e);
    }
  }

  private static void checkDevice(ModelVersion version, TF_Session session, Device device) {
    if (device.kind() == Device.Kind.GPU && !TensorFlowEngine.hasGpu(session)) {
      throw new UnavailableHereException(
          "%s: device %s, but TensorFlow sees no GPU here (expected: a GPU, its driver and a TensorFlow library built for it; or device: cpu)"
              .formatted(version, device));
    }
  }
}
