package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.tidemill.model.Device;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.EngineModel;
import io.tidemill.model.engine.EngineSession;
import io.tidemill.model.engine.KeptFrames;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.arrow.memory.BufferAllocator;

/**
 * An .onnx file, called without a copy in either direction.
 *
 * <p>Input tensors alias the columns, and so do output tensors of a known size: their columns are
 * allocated for as many rows as the call has, and ONNX Runtime writes into them. A model that
 * answers another number of rows fails such a call; it is then called once more with memory of ONNX
 * Runtime's own, and so from that call on, that its rows can be counted.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside a call.
 */
final class OnnxSession implements EngineSession {
  private final ModelVersion version;
  private final OnnxFile file;
  private final InputTensor[] inputs;
  private final OutputTensor[] outputs;
  private final String[] inputNames;
  private final String[] outputNames;
  private final boolean fixedInputs;
  private final boolean fixedOutputs;
  private final KeptFrames<TensorFrame> inputFrames = new KeptFrames<>();
  private final KeptFrames<TensorFrame> outputFrames = new KeptFrames<>();
  private final ConstantTensors constants;
  private volatile boolean answersEveryRow = true;

  /**
   * Takes over a file.
   *
   * @param signature proved to be the file's
   */
  static OnnxSession of(ModelVersion version, Signature signature, OnnxFile file) {
    try {
      return new OnnxSession(version, signature, file);
    } catch (OrtException e) {
      throw new OnnxFailure(e).ofLoad(version.toString(), Device.CPU);
    }
  }

  private OnnxSession(ModelVersion version, Signature signature, OnnxFile file)
      throws OrtException {
    this.version = version;
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
    constants = ConstantTensors.of(version, signature.constants(), file.environment());
  }

  @Override
  public List<Column> call(ColumnBatch input, BufferAllocator allocator) {
    try {
      return fixedInputs ? callKept(input, allocator) : callOnce(input, allocator);
    } catch (OrtException e) {
      throw new OnnxFailure(e).ofCall(version, input.rows());
    }
  }

  private List<Column> callKept(ColumnBatch input, BufferAllocator allocator) throws OrtException {
    TensorFrame frame = TensorFrame.take(inputFrames, input, this::inputsOver);
    try {
      return call(frame.tensors(), input.rows(), allocator);
    } finally {
      inputFrames.keep(frame.place().address(), frame);
    }
  }

  private List<Column> callOnce(ColumnBatch input, BufferAllocator allocator) throws OrtException {
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

  private List<Column> call(Map<String, OnnxTensor> ofRows, int rows, BufferAllocator allocator)
      throws OrtException {
    Map<String, OnnxTensor> tensors = constants.and(ofRows);
    if (answersEveryRow) {
      try {
        return fixedOutputs
            ? callIntoColumns(tensors, rows, allocator)
            : call(tensors, rows, true, allocator);
      } catch (OrtException e) {
        if (!new OnnxFailure(e).isOtherShape()) {
          throw e;
        }
        answersEveryRow = false;
      }
    }
    return call(tensors, rows, false, allocator);
  }

  private List<Column> callIntoColumns(
      Map<String, OnnxTensor> tensors, int rows, BufferAllocator allocator) throws OrtException {
    List<Column> columns =
        EngineModel.columns(outputs.length, i -> outputs[i].allocate(rows, allocator));
    try {
      ColumnBatch answer = ColumnBatch.of(rows, columns);
      TensorFrame frame = TensorFrame.take(outputFrames, answer, this::outputsOver);
      try {
        file.session().run(tensors, frame.tensors()).close();
        return columns;
      } finally {
        outputFrames.keep(frame.place().address(), frame);
      }
    } catch (OrtException | RuntimeException e) {
      columns.forEach(Column::close);
      throw e;
    }
  }

  private List<Column> call(
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
      return List.of(columns);
    } catch (OrtException | RuntimeException e) {
      Arrays.stream(columns).filter(Objects::nonNull).forEach(Column::close);
      throw e;
    } finally {
      own.values().forEach(OnnxTensor::close);
    }
  }

  @Override
  public void close() {
    inputFrames.close();
    outputFrames.close();
    constants.close();
    file.close();
  }
}
