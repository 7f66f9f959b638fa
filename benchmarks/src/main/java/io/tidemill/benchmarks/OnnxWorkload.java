package io.tidemill.benchmarks;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.onnx.OnnxModelLoader;
import io.tidemill.model.engine.onnx.OnnxModels;
import io.tidemill.model.loader.ModelLoader;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;

/** ONNX Runtime, by itself with one thread as Tidemill has it, which is the faster. */
record OnnxWorkload() implements EngineWorkload {

  @Override
  public String engine() {
    return OnnxModelLoader.ENGINE;
  }

  @Override
  public Signature write(Path folder) {
    return OnnxModels.mlp(folder, FEATURES);
  }

  @Override
  public ModelLoader loader() {
    return new OnnxModelLoader();
  }

  @Override
  public RawCalls raw(Path folder, ByteBuffer features, int rows) throws Exception {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    SessionOptions options = new SessionOptions();
    options.setIntraOpNumThreads(1);
    OrtSession session =
        environment.createSession(folder.resolve(OnnxModels.FILE).toString(), options);
    OnnxTensor tensor =
        OnnxTensor.createTensor(
            environment, features, new long[] {rows, FEATURES}, OnnxJavaType.FLOAT);
    Map<String, OnnxTensor> inputs = Map.of("features", tensor);
    return new RawCalls() {
      @Override
      public void call() throws Exception {
        try (OrtSession.Result result = session.run(inputs)) {
          ((OnnxTensor) result.get(0)).getFloatBuffer();
        }
      }

      @Override
      public void close() throws Exception {
        tensor.close();
        session.close();
        options.close();
      }
    };
  }
}
