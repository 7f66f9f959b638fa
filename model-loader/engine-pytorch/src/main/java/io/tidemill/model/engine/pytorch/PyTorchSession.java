package io.tidemill.model.engine.pytorch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.TorchCalls;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.engine.EngineModel;
import io.tidemill.model.engine.EngineSession;
import io.tidemill.model.engine.KeptFrames;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/**
 * A TorchScript module, called in inference mode and without a copy in either direction.
 *
 * <p>Input tensors alias the columns: PyTorch reads them where the encoder wrote them. A module
 * that changes its input in place would change the batch, and is none for this engine. Output
 * columns are the memory that PyTorch allocated.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside a call.
 */
final class PyTorchSession implements EngineSession {
  private static final String[] NO_EXTRA_FILES = {};

  private final ModelVersion version;
  private final PtNDManager owner;
  private final PtSymbolBlock module;
  private final InputTensor[] inputs;
  private final KeptFrames<CallFrame> frames = new KeptFrames<>();
  private final OutputTensor[] outputs;

  private PyTorchSession(
      ModelVersion version, Signature signature, PtNDManager owner, PtSymbolBlock module) {
    this.version = version;
    this.owner = owner;
    this.module = module;
    inputs =
        signature.inputs().stream()
            .map(spec -> new InputTensor(spec, owner.getDevice()))
            .toArray(InputTensor[]::new);
    outputs =
        signature.outputs().stream()
            .map(spec -> new OutputTensor(version, spec))
            .toArray(OutputTensor[]::new);
  }

  static PyTorchSession load(
      ModelVersion version, Signature signature, Path file, Placement placement) {
    String subject = version.toString();
    Engine engine = PyTorchLibrary.OF_PROCESS.start(subject, placement.threads());
    ai.djl.Device there = PyTorchLibrary.OF_PROCESS.device(subject, engine, placement.device());
    PtNDManager owner = (PtNDManager) engine.newBaseManager(there);
    try {
      // Weights that were saved on a GPU are loaded onto the device of the job.
      PtSymbolBlock module =
          JniUtils.loadModule(owner, file, true, NO_EXTRA_FILES, NO_EXTRA_FILES, false);
      JniUtils.enableInferenceMode(module);
      return new PyTorchSession(version, signature, owner, module);
    } catch (EngineException e) {
      owner.close();
      throw new PyTorchFailure(e).ofLoad(subject, placement.device());
    }
  }

  @Override
  public List<Column> call(ColumnBatch input, BufferAllocator allocator) {
    try (Answer answer = run(input)) {
      return EngineModel.columns(
          outputs.length, i -> outputs[i].take(answer, place(answer, i), input, allocator));
    } catch (EngineException e) {
      throw new PyTorchFailure(e).ofCall(version, input.rows());
    }
  }

  private Answer run(ColumnBatch input) {
    CallFrame frame = frame(input);
    try {
      long result = TorchCalls.forward(module.getHandle(), frame.arguments());
      try {
        return Answer.of(version, result);
      } finally {
        TorchCalls.deleteValue(result);
      }
    } finally {
      giveBack(frame);
    }
  }

  private CallFrame frame(ColumnBatch input) {
    CallFrame frame = frames.take(input.fixedWidth(0).address());
    if (frame != null) {
      if (frame.place().isOf(input)) {
        return frame;
      }
      frame.close();
    }
    return CallFrame.over(inputs, input);
  }

  private void giveBack(CallFrame frame) {
    // A tensor on a GPU is a copy of what the batch was.
    if (owner.getDevice().isGpu() || !frame.isUnchanged()) {
      frame.close();
    } else {
      frames.keep(frame.place().address(), frame);
    }
  }

  /** By name in a dictionary, else by position. */
  private int place(Answer answer, int output) {
    String name = outputs[output].name();
    boolean named = answer.isNamed();
    int place = named ? answer.names().indexOf(name) : output;
    if (place < 0 || (!named && answer.size() < outputs.length)) {
      throw new ModelCallException(
          "%s: output '%s' did not come back: forward answered %s (expected: a tensor for each of %d outputs)"
              .formatted(
                  version,
                  name,
                  named ? answer.names() : answer.size() + " tensors",
                  outputs.length));
    }
    return place;
  }

  @Override
  public void close() {
    frames.close();
    module.close();
    owner.close();
  }
}
