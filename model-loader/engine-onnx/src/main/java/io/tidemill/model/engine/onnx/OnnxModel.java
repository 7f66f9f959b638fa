package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.tidemill.model.Model;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.BatchCheck;
import io.tidemill.model.engine.KeptFrames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;

/**
 * An .onnx file in a session of its own, called without a copy in either direction.
 *
 * <p>Input tensors alias the columns, and so do output tensors of a known size: their columns are
 * allocated for as many rows as the call has, and ONNX Runtime writes into them. A model that
 * answers another number of rows fails such a call; it is then called once more with memory of ONNX
 * Runtime's own, and so from that call on, that its rows can be counted.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside a call.
 */
final class OnnxModel implements Model {
  private final ModelVersion version;
  private final Signature signature;
  private final OnnxFile file;
  private final InputTensor[] inputs;
  private final OutputTensor[] outputs;
  private final String[] inputNames;
  private final String[] outputNames;
  private final boolean fixedInputs;
  private final boolean fixedOutputs;
  private final KeptFrames<TensorFrame> inputFrames = new KeptFrames<>();
  private final KeptFrames<TensorFrame> outputFrames = new KeptFrames<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean answersEveryRow = true;

  private OnnxModel(ModelVersion version, Signature signature, OnnxFile file) {
    this.version = version;
    this.signature = signature;
    this.file = file;
    inputs = signature.inputs().stream().map(InputTensor::new).toArray(InputTensor[]::new);
    outputs =
        signature.outputs().stream()
            .map(spec -> new OutputTensor(version, spec))
            .toArray(OutputTensor[]::new);
    inputNames = Arrays.stream(inputs).map(InputTensor::name).toArray(String[]::new);
    outputNames = Arrays.stream(outputs).map(OutputTensor::name).toArray(String[]::new);
    fixedInputs = signature.inputs().stream().noneMatch(spec -> spec.type() == ElementType.STRING);
    fixedOutputs = Arrays.stream(outputs).allMatch(OutputTensor::hasKnownSize);
  }

  static OnnxModel load(
      ModelVersion version, Signature signature, Path files, Placement placement) {
    OnnxFile file = OnnxFile.open(version.toString(), files, placement);
    try {
      file.tensors().check(signature);
      return new OnnxModel(version, signature, file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
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
    try {
      return fixedInputs ? callKept(input, allocator) : callOnce(input, allocator);
    } catch (OrtException e) {
      throw OnnxFailure.ofCall(version.toString(), input.rows(), e);
    } catch (OutOfMemoryException e) {
      throw new ModelOutOfMemoryException(
          "%s: no memory for the result of %d rows: %s; give the job more off-heap memory or a smaller max-size"
              .formatted(version, input.rows(), e.getMessage()),
          e);
    }
  }

  private ColumnBatch callKept(ColumnBatch input, BufferAllocator allocator) throws OrtException {
    TensorFrame frame = TensorFrame.take(inputFrames, input, this::inputsOver);
    try {
      return call(frame.tensors(), input.rows(), allocator);
    } finally {
      inputFrames.keep(frame.place().address(), frame);
    }
  }

  private ColumnBatch callOnce(ColumnBatch input, BufferAllocator allocator) throws OrtException {
    Map<String, OnnxTensor> tensors = inputsOver(input);
    try {
      return call(tensors, input.rows(), allocator);
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  private Map<String, OnnxTensor> inputsOver(ColumnBatch batch) throws OrtException {
    return TensorFrame.all(
        inputNames, i -> inputs[i].over(file.environment(), batch.column(i), batch.rows()));
  }

  private Map<String, OnnxTensor> outputsOver(ColumnBatch batch) throws OrtException {
    return TensorFrame.all(
        outputNames, i -> outputs[i].over(file.environment(), batch.fixedWidth(i)));
  }

  private ColumnBatch call(Map<String, OnnxTensor> tensors, int rows, BufferAllocator allocator)
      throws OrtException {
    if (answersEveryRow) {
      try {
        return fixedOutputs
            ? callIntoColumns(tensors, rows, allocator)
            : call(tensors, rows, true, allocator);
      } catch (OrtException e) {
        if (!OnnxFailure.isOtherShape(e)) {
          throw e;
        }
        answersEveryRow = false;
      }
    }
    return call(tensors, rows, false, allocator);
  }

  private ColumnBatch callIntoColumns(
      Map<String, OnnxTensor> tensors, int rows, BufferAllocator allocator) throws OrtException {
    ColumnBatch answer = allocate(rows, allocator);
    try {
      TensorFrame frame = TensorFrame.take(outputFrames, answer, this::outputsOver);
      try {
        file.session().run(tensors, frame.tensors()).close();
        return answer;
      } finally {
        outputFrames.keep(frame.place().address(), frame);
      }
    } catch (OrtException | RuntimeException e) {
      answer.close();
      throw e;
    }
  }

  private ColumnBatch allocate(int rows, BufferAllocator allocator) {
    List<Column> columns = new ArrayList<>(outputs.length);
    try {
      for (OutputTensor output : outputs) {
        columns.add(output.allocate(rows, allocator));
      }
      return ColumnBatch.of(rows, columns);
    } catch (RuntimeException e) {
      columns.forEach(Column::close);
      throw e;
    }
  }

  private ColumnBatch call(
      Map<String, OnnxTensor> tensors, int rows, boolean ownMemory, BufferAllocator allocator)
      throws OrtException {
    Column[] columns = new Column[outputs.length];
    Map<String, OnnxTensor> own = new LinkedHashMap<>();
    Set<String> others = new LinkedHashSet<>();
    try {
      for (int i = 0; i < outputs.length; i++) {
        if (ownMemory && outputs[i].hasKnownSize()) {
          FixedWidthColumn column = outputs[i].allocate(rows, allocator);
          columns[i] = column;
          own.put(outputs[i].name(), outputs[i].over(file.environment(), column));
        } else {
          others.add(outputs[i].name());
        }
      }
      try (OrtSession.Result result = file.session().run(tensors, others, own)) {
        for (int i = 0; i < outputs.length; i++) {
          if (columns[i] == null) {
            columns[i] = outputs[i].copy(result.get(outputs[i].name()).orElseThrow(), allocator);
          }
        }
      }
      return BatchCheck.answer(version, rows, List.of(columns));
    } catch (OrtException | RuntimeException e) {
      Arrays.stream(columns).filter(Objects::nonNull).forEach(Column::close);
      throw e;
    } finally {
      own.values().forEach(OnnxTensor::close);
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      inputFrames.close();
      outputFrames.close();
      file.close();
    }
  }
}
