package io.tidemill.benchmarks;

import static java.util.Objects.requireNonNull;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.tidemill.model.engine.onnx.OnnxModels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.jspecify.annotations.Nullable;

/**
 * What a user writes by hand: Flink's tables over files, a stream of {@code Row} between them, and
 * in it an operator that gathers rows and calls ONNX Runtime, which is made as its user makes it.
 *
 * @param model folder of the model; empty for a job that only reads the selected columns and writes
 *     them
 * @param selected of the input, the identity first
 * @param written column behind the identity
 */
record PlainFlinkJob(
    BulkInput input, String folder, String model, List<String> selected, List<String> written)
    implements BulkJob.Work {
  static final int PARALLELISM = 2;
  static final int BATCH = 2_048;

  @Override
  public void run() throws Exception {
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setRuntimeMode(RuntimeExecutionMode.BATCH);
    environment.setParallelism(PARALLELISM);
    StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
    tables.executeSql(table("input", input.table().declared(" "), input.folder()));
    List<String> columns = new ArrayList<>(List.of("id BIGINT"));
    written.forEach(name -> columns.add(name + " FLOAT"));
    tables.executeSql(table("output", String.join(", ", columns), folder));
    Table read = tables.sqlQuery("SELECT " + String.join(", ", selected) + " FROM input");
    DataStream<Row> rows = tables.toDataStream(read);
    DataStream<Row> results = model.isEmpty() ? rows : scored(rows);
    // The stream's own type says its columns: to declare them again takes seconds where there are
    // hundreds.
    tables.fromDataStream(results).insertInto("output").execute().await();
  }

  private DataStream<Row> scored(DataStream<Row> rows) {
    TypeInformation<Row> type =
        Types.ROW_NAMED(new String[] {"id", written.get(0)}, Types.LONG, Types.FLOAT);
    return rows.transform("score", type, new Scorer(model));
  }

  private static String table(String name, String columns, String folder) {
    return "CREATE TABLE %s (%s) WITH ('connector' = 'filesystem', 'path' = '%s', 'format' = 'parquet')"
        .formatted(name, columns, Path.of(folder).toUri());
  }

  /** A function would not learn of the end, and lose the last rows. */
  private static final class Scorer extends AbstractStreamOperator<Row>
      implements OneInputStreamOperator<Row, Row>, BoundedOneInput {
    private static final long serialVersionUID = 1L;

    private final String model;
    private final long[] identities = new long[BATCH];
    private transient @Nullable OrtSession session;
    private transient @Nullable FloatBuffer features;
    private int gathered;

    Scorer(String model) {
      this.model = model;
    }

    @Override
    public void open() throws Exception {
      super.open();
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        // One for each of the parallel subtasks.
        options.setIntraOpNumThreads(1);
        session =
            OrtEnvironment.getEnvironment()
                .createSession(Path.of(model, OnnxModels.FILE).toString(), options);
      }
      features =
          ByteBuffer.allocateDirect(BATCH * EngineWorkload.FEATURES * Float.BYTES)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
    }

    @Override
    public void processElement(StreamRecord<Row> element) throws OrtException {
      Row row = element.getValue();
      FloatBuffer values = requireNonNull(features);
      identities[gathered] = (Long) requireNonNull(row.getField(0));
      for (int i = 0; i < EngineWorkload.FEATURES; i++) {
        values.put((Float) requireNonNull(row.getField(1 + i)));
      }
      gathered++;
      if (gathered == BATCH) {
        score();
      }
    }

    @Override
    public void endInput() throws OrtException {
      if (gathered > 0) {
        score();
      }
    }

    private void score() throws OrtException {
      FloatBuffer values = requireNonNull(features);
      values.flip();
      long[] shape = {gathered, EngineWorkload.FEATURES};
      try (OnnxTensor tensor =
              OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), values, shape);
          OrtSession.Result result = requireNonNull(session).run(Map.of("features", tensor))) {
        FloatBuffer scores = ((OnnxTensor) result.get(0)).getFloatBuffer();
        for (int i = 0; i < gathered; i++) {
          output.collect(new StreamRecord<>(Row.of(identities[i], scores.get(i))));
        }
      }
      values.clear();
      gathered = 0;
    }

    @Override
    public void close() throws Exception {
      if (session != null) {
        session.close();
        session = null;
      }
      super.close();
    }
  }
}
