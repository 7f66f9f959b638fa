package io.tidemill.benchmarks.spark;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** What a user of Spark writes: rows of a partition gather, and ONNX Runtime scores them. */
public final class SparkScoring {
  private SparkScoring() {}

  /**
   * Reads a folder of Parquet, whose first column is the identity and the others the features, and
   * writes another: input, output, the model's file, rows in a batch.
   */
  public static void main(String[] arguments) {
    // One for the whole process: it is there when this is called again.
    SparkSession spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("scoring")
            .config("spark.ui.enabled", false)
            .getOrCreate();
    StructType scored =
        new StructType().add("id", DataTypes.LongType).add("score", DataTypes.FloatType);
    String model = arguments[2];
    int batch = Integer.parseInt(arguments[3]);
    Dataset<Row> rows = spark.read().parquet(arguments[0]);
    rows.mapPartitions(
            (MapPartitionsFunction<Row, Row>) partition -> new Scores(partition, model, batch),
            Encoders.row(scored))
        .write()
        .mode(SaveMode.Overwrite)
        .parquet(arguments[1]);
  }

  /** Scores a batch when its first result is asked for. Not thread-safe. */
  private static final class Scores implements Iterator<Row> {
    private final Iterator<Row> rows;
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final long[] identities;
    private final float[] scores;
    private FloatBuffer features;
    private int gathered;
    private int next;

    Scores(Iterator<Row> rows, String model, int batch) throws OrtException {
      this.rows = rows;
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setIntraOpNumThreads(1);
        session = environment.createSession(model, options);
      }
      identities = new long[batch];
      scores = new float[batch];
    }

    @Override
    public boolean hasNext() {
      try {
        if (next == gathered) {
          gather();
          if (gathered == 0) {
            session.close();
          } else {
            score();
          }
        }
        return gathered > 0;
      } catch (OrtException e) {
        throw new IllegalStateException(e);
      }
    }

    private void gather() {
      next = 0;
      gathered = 0;
      while (gathered < identities.length && rows.hasNext()) {
        Row row = rows.next();
        int count = row.size() - 1;
        if (features == null) {
          features =
              ByteBuffer.allocateDirect(identities.length * count * Float.BYTES)
                  .order(ByteOrder.nativeOrder())
                  .asFloatBuffer();
        }
        identities[gathered] = row.getLong(0);
        for (int i = 0; i < count; i++) {
          features.put(row.getFloat(1 + i));
        }
        gathered++;
      }
    }

    private void score() throws OrtException {
      features.flip();
      long[] shape = {gathered, features.limit() / gathered};
      try (OnnxTensor tensor = OnnxTensor.createTensor(environment, features, shape);
          OrtSession.Result result = session.run(Map.of("features", tensor))) {
        ((OnnxTensor) result.get(0)).getFloatBuffer().get(scores, 0, gathered);
      }
      features.clear();
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Row row = RowFactory.create(identities[next], scores[next]);
      next++;
      return row;
    }
  }
}
