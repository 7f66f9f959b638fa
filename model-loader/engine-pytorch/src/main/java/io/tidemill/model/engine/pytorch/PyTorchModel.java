package io.tidemill.model.engine.pytorch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.TorchCalls;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.engine.BatchCheck;
import io.tidemill.model.engine.InputShape;
import io.tidemill.model.engine.KeptFrames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;

/**
 * A TorchScript module, called in inference mode and without a copy in either direction.
 *
 * <p>Input tensors alias the columns: PyTorch reads them where the encoder wrote them. A module
 * that changes its input in place would change the batch, and is none for this engine. Output
 * columns are the memory that PyTorch allocated.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside a call.
 */
final class PyTorchModel implements Model {
  private static final String[] NO_EXTRA_FILES = {};

  private final ModelVersion version;
  private final Signature signature;
  private final PtNDManager owner;
  private final PtSymbolBlock module;
  private final InputTensor[] inputs;
  private final KeptFrames<CallFrame> frames = new KeptFrames<>();
  private final OutputTensor[] outputs;
  private final AtomicBoolean closed = new AtomicBoolean();

  private PyTorchModel(
      ModelVersion version, Signature signature, PtNDManager owner, PtSymbolBlock module) {
    this.version = version;
    this.signature = signature;
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

  static PyTorchModel load(
      ModelVersion version, Signature signature, Path files, Placement placement) {
    check(version, signature);
    Engine engine = PyTorchEngine.start(version.toString(), placement.threads());
    ai.djl.Device there = PyTorchEngine.device(version.toString(), engine, placement.device());
    Path file = TorchScriptFile.find(version.toString(), files);
    PtNDManager owner = (PtNDManager) engine.newBaseManager(there);
    try {
      // Weights that were saved on a GPU are loaded onto the device of the job.
      PtSymbolBlock module =
          JniUtils.loadModule(owner, file, true, NO_EXTRA_FILES, NO_EXTRA_FILES, false);
      JniUtils.enableInferenceMode(module);
      return new PyTorchModel(version, signature, owner, module);
    } catch (EngineException e) {
      owner.close();
      throw PyTorchFailure.ofLoad(version.toString(), placement.device(), e);
    }
  }

  private static void check(ModelVersion version, Signature signature) {
    List<TensorSpec> strings =
        Stream.concat(signature.inputs().stream(), signature.outputs().stream())
            .filter(spec -> PyTorchTypes.of(spec.type()).isEmpty())
            .toList();
    if (!strings.isEmpty()) {
      throw new InvalidModelException(
          "%s: tensors %s (expected: no strings, which PyTorch does not have; give the model numbers)"
              .formatted(version, strings));
    }
    for (TensorSpec spec : signature.inputs()) {
      if (!InputShape.isDetermined(spec)) {
        throw new InvalidModelException(
            "%s: input %s leaves several sizes open (expected: at most one besides the batch's)"
                .formatted(version, spec));
      }
    }
  }

  @Override
  public ModelVersion version() {
    return version;
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public ColumnBatch predict(ColumnBatch input, BufferAllocator allocator) {
    if (closed.get()) {
      throw new IllegalStateException(version + ": closed (expected: loaded)");
    }
    BatchCheck.input(version, signature, input);
    try (Answer answer = run(input)) {
      return columns(answer, input, allocator);
    } catch (EngineException e) {
      throw PyTorchFailure.ofCall(version.toString(), input.rows(), e);
    } catch (OutOfMemoryException e) {
      throw new ModelOutOfMemoryException(
          "%s: no memory for the result of %d rows: %s; give the job more off-heap memory or a smaller max-size"
              .formatted(version, input.rows(), e.getMessage()),
          e);
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

  private ColumnBatch columns(Answer answer, ColumnBatch input, BufferAllocator allocator) {
    List<Column> columns = new ArrayList<>(outputs.length);
    try {
      for (int i = 0; i < outputs.length; i++) {
        columns.add(outputs[i].take(answer, place(answer, i), input, allocator));
      }
      return BatchCheck.answer(version, input.rows(), columns);
    } catch (RuntimeException e) {
      columns.forEach(Column::close);
      throw e;
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
    if (closed.compareAndSet(false, true)) {
      frames.close();
      module.close();
      owner.close();
    }
  }
}
