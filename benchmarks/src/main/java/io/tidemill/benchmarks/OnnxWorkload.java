package io.tidemill.benchmarks;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.onnx.OnnxEngine;
import io.tidemill.model.engine.onnx.OnnxModels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;

/**
 * ONNX Runtime, by itself with one thread as Tidemill has it, which is the faster. By itself, the
 * input's tensor is made once, over direct memory, and the result that ONNX Runtime allocates is
 * read as its documentation says.
 *
 * @param pinned whether the output's tensor is made once as well: less than is needed where a
 *     result is still in use when the next call comes, and the fastest where it is not
 */
record OnnxWorkload(boolean pinned) implements EngineWorkload {

  @Override
  public String engine() {
    return pinned ? "onnxPinned" : "onnx";
  }

  @Override
  public Signature write(Path folder) {
    return OnnxModels.mlp(folder, FEATURES);
  }

  @Override
  public Engine served() {
    return new OnnxEngine();
  }

  @Override
  public RawCalls raw(Path folder, ByteBuffer features, int rows) throws Exception {
    return new Calls(folder, features, rows, pinned);
  }

  private static final class Calls implements RawCalls {
    private final boolean pinned;
    private final SessionOptions options = new SessionOptions();
    private final OrtSession session;
    private final OnnxTensor input;
    private final OnnxTensor output;
    private final Map<String, OnnxTensor> inputs;
    private final Map<String, OnnxTensor> outputs;
    private final FloatBuffer answer;
    private final float[] scores;

    Calls(Path folder, ByteBuffer features, int rows, boolean pinned) throws OrtException {
      this.pinned = pinned;
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      options.setIntraOpNumThreads(1);
      session = environment.createSession(folder.resolve(OnnxModels.FILE).toString(), options);
      input =
          OnnxTensor.createTensor(
              environment, features, new long[] {rows, FEATURES}, OnnxJavaType.FLOAT);
      ByteBuffer memory =
          ByteBuffer.allocateDirect(rows * Float.BYTES).order(ByteOrder.nativeOrder());
      output =
          OnnxTensor.createTensor(environment, memory, new long[] {rows, 1}, OnnxJavaType.FLOAT);
      inputs = Map.of("features", input);
      outputs = Map.of(session.getOutputNames().iterator().next(), output);
      answer = memory.asFloatBuffer();
      scores = new float[rows];
    }

    @Override
    public void call() throws OrtException {
      if (pinned) {
        session.run(inputs, outputs).close();
        answer.get(0, scores);
      } else {
        try (OrtSession.Result result = session.run(inputs)) {
          ((OnnxTensor) result.get(0)).getFloatBuffer().get(0, scores);
        }
      }
    }

    @Override
    public double score(int row) {
      return scores[row];
    }

    @Override
    public void close() throws OrtException {
      input.close();
      output.close();
      session.close();
      options.close();
    }
  }
}
