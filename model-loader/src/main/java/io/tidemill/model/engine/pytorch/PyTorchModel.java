package io.tidemill.model.engine.pytorch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.tidemill.model.Device;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.engine.BatchCheck;
import io.tidemill.model.engine.InputShape;
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
  private final Engine engine;
  private final PtNDManager owner;
  private final PtSymbolBlock module;
  private final InputTensor[] inputs;
  private final OutputTensor[] outputs;
  private final AtomicBoolean closed = new AtomicBoolean();

  private PyTorchModel(
      ModelVersion version,
      Signature signature,
      Engine engine,
      PtNDManager owner,
      PtSymbolBlock module) {
    this.version = version;
    this.signature = signature;
    this.engine = engine;
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

  static PyTorchModel load(ModelVersion version, Signature signature, Path files, Device device) {
    check(version, signature);
    Engine engine = PyTorchEngine.start();
    ai.djl.Device there = PyTorchEngine.device(version.toString(), engine, device);
    Path file = TorchScriptFile.find(version.toString(), files);
    PtNDManager owner = manager(engine, there);
    try {
      // Weights that were saved on a GPU are loaded onto the device of the job.
      PtSymbolBlock module =
          JniUtils.loadModule(owner, file, true, NO_EXTRA_FILES, NO_EXTRA_FILES, false);
      JniUtils.enableInferenceMode(module);
      return new PyTorchModel(version, signature, engine, owner, module);
    } catch (EngineException e) {
      owner.close();
      throw PyTorchFailure.ofLoad(version.toString(), e);
    }
  }

  /** Tensors that live until it is closed, also when the model is closed before. */
  private static PtNDManager manager(Engine engine, ai.djl.Device device) {
    return (PtNDManager) engine.newBaseManager(device);
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
    try (CallMemory call = new CallMemory(manager(engine, owner.getDevice()))) {
      return answer(run(call.tensors(), input), call, input, allocator);
    } catch (EngineException e) {
      throw PyTorchFailure.ofCall(version.toString(), input.rows(), e);
    } catch (OutOfMemoryException e) {
      throw new ModelOutOfMemoryException(
          "%s: no memory for the result of %d rows: %s; give the job more off-heap memory or a smaller max-size"
              .formatted(version, input.rows(), e.getMessage()),
          e);
    }
  }

  private NDList run(PtNDManager tensors, ColumnBatch input) {
    IValue[] arguments = new IValue[inputs.length];
    try {
      for (int i = 0; i < arguments.length; i++) {
        arguments[i] = IValue.from(inputs[i].over(tensors, input.column(i), input.rows()));
      }
      try (IValue result = IValueUtils.forward(module, arguments)) {
        return result.toNDList(tensors);
      }
    } finally {
      for (IValue argument : arguments) {
        if (argument != null) {
          argument.close();
        }
      }
    }
  }

  private ColumnBatch answer(
      NDList tensors, CallMemory call, ColumnBatch input, BufferAllocator allocator) {
    List<Column> columns = new ArrayList<>(outputs.length);
    try {
      for (int i = 0; i < outputs.length; i++) {
        columns.add(outputs[i].take(tensor(tensors, i), call, input, allocator));
      }
      return BatchCheck.answer(version, input.rows(), columns);
    } catch (RuntimeException e) {
      columns.forEach(Column::close);
      throw e;
    }
  }

  /** By name in a dictionary, else by position. */
  private PtNDArray tensor(NDList tensors, int output) {
    String name = outputs[output].name();
    boolean named = tensors.stream().allMatch(tensor -> tensor.getName() != null);
    NDArray found = null;
    if (named) {
      found = tensors.get(name);
    } else if (tensors.size() >= outputs.length) {
      found = tensors.get(output);
    }
    if (found == null) {
      throw new ModelCallException(
          "%s: output '%s' did not come back: forward answered %s (expected: a tensor for each of %d outputs)"
              .formatted(
                  version,
                  name,
                  named
                      ? tensors.stream().map(NDArray::getName).toList()
                      : tensors.size() + " tensors",
                  outputs.length));
    }
    return (PtNDArray) found;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      module.close();
      owner.close();
    }
  }
}
