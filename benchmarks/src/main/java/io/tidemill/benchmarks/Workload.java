package io.tidemill.benchmarks;

import ai.djl.ModelException;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.Translator;
import io.tidemill.inference.codec.RowBinding;
import io.tidemill.inference.step.OutputField;
import io.tidemill.model.Device;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.engine.tensorflow.SavedModels;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * A model and the records that it scores. A record has the floats of the model's input, in one
 * array or in a field each; a scored record has one field more, the model's answer: a float, or an
 * array where there are several.
 *
 * @param name as it stands in the names of variants
 * @param folder where the model is
 * @param engine that scores it
 * @param device that it is scored on
 * @param usualBatch records in a call, where a variant does not say
 * @param distinctRecords how many records there are before they repeat
 * @param form where a record has its floats
 * @param series of workloads that are compared with each other; null if it is in none
 */
record Workload(
    String name,
    String folder,
    String engine,
    Signature signature,
    Device device,
    int usualBatch,
    int distinctRecords,
    Form form,
    @Nullable String series)
    implements Serializable {
  private static final long SEED = 42;
  private static final LogicalType FLOATS = new ArrayType(false, new FloatType(false));

  /** Where a record has the model's input. */
  enum Form {
    /** In one field, an array. */
    ARRAY,
    /** In a field of its own for each. */
    SCALARS
  }

  /** 32 → 64 → 64 → 1: so little arithmetic that everything around the model shows. */
  static Workload mlp(Path root) {
    return mlp(root, "mlp", 32, null);
  }

  /** The same with so many features, one of several. */
  static Workload mlp(Path root, int features) {
    return mlp(root, "mlp" + features, features, "mlp by features");
  }

  private static Workload mlp(Path root, String name, int features, @Nullable String series) {
    Path folder = root.resolve(name);
    Signature signature = SavedModels.mlp(folder, features);
    return new Workload(
        name,
        folder.toString(),
        "tensorflow",
        signature,
        Device.CPU,
        512,
        1_024,
        Form.ARRAY,
        series);
  }

  /** A small convolutional network over 64 by 64 colour pictures: the model outweighs the rest. */
  static Workload cnn(Path root) {
    Path folder = root.resolve("cnn");
    return new Workload(
        "cnn",
        folder.toString(),
        "tensorflow",
        SavedModels.cnn(folder),
        Device.CPU,
        32,
        64,
        Form.ARRAY,
        null);
  }

  /** A TorchScript that is there, on a device. */
  static Workload torch(String name, Path folder, Signature signature, Device device) {
    return new Workload(
        name, folder.toString(), "pytorch", signature, device, 256, 1_024, Form.ARRAY, null);
  }

  /** The same model, its records with a field for each float. */
  Workload scalars() {
    return new Workload(
        name, folder, engine, signature, device, usualBatch, distinctRecords, Form.SCALARS, series);
  }

  ModelVersion version() {
    return new ModelVersion(name, SemanticVersion.parse("1.0.0"), "sha256:" + "0".repeat(64));
  }

  /** Loads the model through Tidemill. */
  Model load() {
    return Engines.here()
        .find(engine)
        .load(version(), signature, Path.of(folder), Placement.on(device));
  }

  /** Loads the model as DJL's documentation says. */
  <I> ZooModel<I, float[]> loadWithDjl(Class<I> input, Translator<I, float[]> translator) {
    try {
      return Criteria.builder()
          .setTypes(input, float[].class)
          .optEngine("TensorFlow")
          .optModelPath(Path.of(folder))
          .optTranslator(translator)
          .build()
          .loadModel();
    } catch (IOException | ModelException e) {
      throw new IllegalStateException(name + ": cannot be loaded by DJL", e);
    }
  }

  int inputElements() {
    return signature.inputs().get(0).elementsPerRow();
  }

  int outputElements() {
    return signature.outputs().get(0).elementsPerRow();
  }

  /** The shape of an input tensor of so many rows. */
  Shape inputShape(long rows) {
    return new Shape(LongStream.concat(LongStream.of(rows), rowSizes()).toArray());
  }

  /** The shape of one row of the input tensor. */
  Shape rowShape() {
    return new Shape(rowSizes().toArray());
  }

  private LongStream rowSizes() {
    return signature.inputs().get(0).shape().stream().skip(1).mapToLong(Long::longValue);
  }

  RowType recordType() {
    return new RowType(false, inputs());
  }

  RowType scoredType() {
    LogicalType prediction = outputElements() == 1 ? new FloatType(false) : FLOATS;
    List<RowType.RowField> fields = new ArrayList<>(inputs());
    fields.add(new RowType.RowField("prediction", prediction));
    return new RowType(false, fields);
  }

  private List<RowType.RowField> inputs() {
    if (form == Form.ARRAY) {
      return List.of(new RowType.RowField("input", FLOATS));
    }
    return IntStream.range(0, inputElements())
        .mapToObj(i -> new RowType.RowField("input" + i, new FloatType(false)))
        .toList();
  }

  /** All fields of a record to the model's input, and its output to the field behind them. */
  RowBinding binding() {
    return RowBinding.plan(
        recordType(),
        signature,
        Map.of(signature.inputs().get(0).name(), recordType().getFieldNames()),
        Map.of(signature.outputs().get(0).name(), new OutputField("prediction")),
        false);
  }

  Joiner joiner() {
    return new Joiner(outputElements());
  }

  /** The floats of so many rows of a call: those of the records, round robin. */
  float[] inputs(int rows) {
    RowData[] records = records();
    int elements = inputElements();
    float[] values = new float[Math.multiplyExact(rows, elements)];
    for (int row = 0; row < rows; row++) {
      float[] one = records[row % records.length].getArray(0).toFloatArray();
      System.arraycopy(one, 0, values, row * elements, elements);
    }
    return values;
  }

  /** Records with random values, the same at every run. */
  RowData[] records() {
    Random random = new Random(SEED);
    int elements = inputElements();
    RowData[] records = new RowData[distinctRecords];
    for (int i = 0; i < records.length; i++) {
      float[] values = new float[elements];
      for (int j = 0; j < values.length; j++) {
        values[j] = random.nextFloat();
      }
      records[i] = record(values);
    }
    return records;
  }

  private GenericRowData record(float[] values) {
    if (form == Form.ARRAY) {
      return GenericRowData.of(new GenericArrayData(values));
    }
    GenericRowData record = new GenericRowData(values.length);
    for (int i = 0; i < values.length; i++) {
      record.setField(i, values[i]);
    }
    return record;
  }
}
