package io.tidemill.benchmarks;

import ai.djl.ModelException;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.Translator;
import io.tidemill.model.Device;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.model.engine.tensorflow.TensorFlowModelLoader;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.LongStream;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * A model and the records that it scores. A record has one field, the floats of the model's input;
 * a scored record has a second one, the model's answer: a float, or an array where there are
 * several.
 *
 * @param name as it stands in the names of variants
 * @param folder where the SavedModel is
 * @param usualBatch records in a call, where a variant does not say
 * @param distinctRecords how many records there are before they repeat
 */
record Workload(
    String name, String folder, Signature signature, int usualBatch, int distinctRecords)
    implements Serializable {
  private static final long SEED = 42;
  private static final LogicalType FLOATS = new ArrayType(false, new FloatType(false));

  /** 32 → 64 → 64 → 1: so little arithmetic that everything around the model shows. */
  static Workload mlp(Path root) {
    Path folder = root.resolve("mlp");
    return new Workload("mlp", folder.toString(), SavedModels.mlp(folder, 32), 512, 1_024);
  }

  /** A small convolutional network over 64 by 64 colour pictures: the model outweighs the rest. */
  static Workload cnn(Path root) {
    Path folder = root.resolve("cnn");
    return new Workload("cnn", folder.toString(), SavedModels.cnn(folder), 32, 64);
  }

  ModelVersion version() {
    return new ModelVersion(name, SemanticVersion.parse("1.0.0"), "sha256:" + "0".repeat(64));
  }

  /** Loads the model through Tidemill. */
  Model load() {
    return new TensorFlowModelLoader().load(version(), signature, Path.of(folder), Device.CPU);
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
    return RowType.of(new LogicalType[] {FLOATS}, new String[] {"input"});
  }

  RowType scoredType() {
    LogicalType prediction = outputElements() == 1 ? new FloatType(false) : FLOATS;
    return RowType.of(new LogicalType[] {FLOATS, prediction}, new String[] {"input", "prediction"});
  }

  Joiner joiner() {
    return new Joiner(outputElements());
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
      records[i] = GenericRowData.of(new GenericArrayData(values));
    }
    return records;
  }
}
