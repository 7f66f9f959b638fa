package io.tidemill.model.engine.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import io.tidemill.model.Placement;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.ModelTensor;
import io.tidemill.model.engine.ModelTensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An .onnx file in a session of its own.
 *
 * <p>Immutable and thread-safe, except that {@link #close()} must not run beside anything else.
 *
 * @param options live as long as the session
 */
record OnnxFile(
    OrtEnvironment environment, OrtSession session, SessionOptions options, ModelTensors tensors)
    implements AutoCloseable {
  private static final AtomicBoolean UNPACKED = new AtomicBoolean(true);

  /**
   * Opens a file on a device, with its threads.
   *
   * @param subject what is opened, as messages name it
   * @throws io.tidemill.model.ModelException if it cannot be opened, with the reason
   */
  static OnnxFile open(String subject, Path file, Placement placement) {
    OrtEnvironment environment = start();
    try {
      SessionOptions options = new OnnxSettings(subject, placement).options();
      try {
        OrtSession session = session(environment, file, options);
        ModelTensors tensors =
            new ModelTensors(
                "the .onnx file",
                tensors(session.getInputInfo()),
                tensors(session.getOutputInfo()));
        return new OnnxFile(environment, session, options, tensors);
      } catch (OrtException | RuntimeException e) {
        options.close();
        throw e;
      }
    } catch (OrtException e) {
      throw new OnnxFailure(e).ofLoad(subject, placement.device());
    }
  }

  private static OrtSession session(OrtEnvironment environment, Path file, SessionOptions options)
      throws OrtException {
    try {
      ZipMaps dictionaries = ZipMaps.of(file);
      if (dictionaries.maps().isEmpty()) {
        return environment.createSession(file.toString(), options);
      }
      // Of bytes ONNX Runtime does not know where the weights beside them are.
      options.addConfigEntry(
          "session.model_external_initializers_file_folder_path",
          file.toAbsolutePath().resolveSibling("").toString());
      return environment.createSession(dictionaries.without(file), options);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e, e);
    }
  }

  private static OrtEnvironment start() {
    try {
      // What goes wrong is thrown; ONNX Runtime would print it as well.
      OrtEnvironment started =
          OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "tidemill");
      if (UNPACKED.getAndSet(false)) {
        UnpackedLibraries.loaded().delete();
      }
      return started;
    } catch (UnsatisfiedLinkError | ExceptionInInitializerError e) {
      throw new UnavailableHereException(
          "engine onnx: its native library does not start: %s (expected: a platform that the jar of %s is made for, and room in the folder for temporary files)"
              .formatted(e.getCause() == null ? e : e.getCause(), OnnxEngine.COORDINATES),
          e);
    }
  }

  private static Map<String, ModelTensor> tensors(Map<String, NodeInfo> nodes) {
    Map<String, ModelTensor> tensors = new LinkedHashMap<>();
    nodes.forEach((name, node) -> tensors.put(name, tensor(node)));
    return tensors;
  }

  private static ModelTensor tensor(NodeInfo node) {
    if (!(node.getInfo() instanceof TensorInfo info)) {
      return new ModelTensor(
          null,
          String.valueOf(node.getInfo()),
          null,
          "is a %s (expected: a dense tensor; an output may be left out with --input-tensor and --output-tensor for all that is needed)"
              .formatted(node.getInfo()));
    }
    long[] shape = info.getShape();
    return ModelTensor.dense(
        OnnxType.column(info).orElse(null),
        OnnxType.label(info),
        // No shape, or none that is known before the call.
        shape.length == 0 ? null : Arrays.stream(shape).boxed().toList());
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("an ONNX Runtime session cannot be closed", e);
    } finally {
      options.close();
    }
  }
}
