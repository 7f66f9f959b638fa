package io.tidemill.model.engine.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An .onnx file in a session of its own.
 *
 * <p>Immutable and thread-safe, except that {@link #close()} must not run beside anything else.
 *
 * @param options live as long as the session
 */
record OnnxFile(
    OrtEnvironment environment, OrtSession session, SessionOptions options, OnnxTensors tensors)
    implements AutoCloseable {
  private static final String SUFFIX = ".onnx";

  /**
   * Opens a file on a device, with its threads.
   *
   * @param subject what is opened, as messages name it
   * @param files the file, a folder with one in it, or a folder with such a folder in it
   * @throws io.tidemill.model.ModelException if it cannot be opened, with the reason
   */
  static OnnxFile open(String subject, Path files, Placement placement) {
    Path file = find(subject, files);
    OrtEnvironment environment = start();
    try {
      SessionOptions options = OnnxSettings.options(subject, placement);
      try {
        OrtSession session = environment.createSession(file.toString(), options);
        Map<String, NodeInfo> inputs = session.getInputInfo();
        Map<String, NodeInfo> outputs = session.getOutputInfo();
        return new OnnxFile(
            environment, session, options, new OnnxTensors(subject, inputs, outputs));
      } catch (OrtException e) {
        options.close();
        throw e;
      }
    } catch (OrtException e) {
      throw OnnxFailure.ofLoad(subject, placement.device(), e);
    }
  }

  private static OrtEnvironment start() {
    try {
      // What goes wrong is thrown; ONNX Runtime would print it as well.
      return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "tidemill");
    } catch (UnsatisfiedLinkError | ExceptionInInitializerError e) {
      throw new UnavailableHereException(
          "engine onnx: its native library does not start: %s (expected: a platform that the jar of %s is made for, and room in the folder for temporary files)"
              .formatted(e.getCause() == null ? e : e.getCause(), OnnxModelLoader.COORDINATES),
          e);
    }
  }

  private static Path find(String subject, Path files) {
    if (Files.isRegularFile(files)) {
      return files;
    }
    try {
      List<Path> found = models(files);
      if (found.isEmpty()) {
        try (Stream<Path> children = Files.list(files)) {
          for (Path child : children.filter(Files::isDirectory).toList()) {
            found = Stream.concat(found.stream(), models(child).stream()).toList();
          }
        }
      }
      if (found.size() == 1) {
        return found.get(0);
      }
      throw new InvalidModelException(
          "%s: %d %s files in %s (expected: 1)".formatted(subject, found.size(), SUFFIX, files));
    } catch (IOException e) {
      throw new InvalidModelException(
          "%s: files in %s cannot be listed: %s".formatted(subject, files, e), e);
    }
  }

  private static List<Path> models(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return children
          .filter(child -> child.toString().endsWith(SUFFIX) && Files.isRegularFile(child))
          .toList();
    }
  }

  Signature signature() {
    return tensors.signature();
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
