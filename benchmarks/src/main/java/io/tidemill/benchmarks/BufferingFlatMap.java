package io.tidemill.benchmarks;

import static java.util.Objects.requireNonNull;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * What a careful user writes by hand: records gather in a direct buffer, and every so many of them
 * go through DJL as one array, without a batchifier. It keeps records from call to call, so it
 * copies them, as Flink demands of a function under object reuse.
 *
 * <p>Like most code of its kind it has no deadline and no state: the records of an unfinished batch
 * wait for ever and are lost in a failure.
 *
 * @param fresh whether the user knows that these records are fresh, so that none is copied
 * @param tuned whether he has found the setting that Tidemill makes by itself: TensorFlow runs
 *     small operations in the thread that calls, which DJL leaves to a property of the process
 */
record BufferingFlatMap(Workload workload, int batch, int parallelism, boolean fresh, boolean tuned)
    implements ProcessVariant {
  private static final String INTEROP_THREADS = "ai.djl.tensorflow.num_interop_threads";

  /** With DJL as it comes. */
  static BufferingFlatMap of(Workload workload, int batch, int parallelism) {
    return new BufferingFlatMap(workload, batch, parallelism, false, false);
  }

  /** With records that are known to be fresh. */
  BufferingFlatMap ofFreshRecords() {
    return new BufferingFlatMap(workload, batch, parallelism, true, tuned);
  }

  /** With TensorFlow's operations in the thread that calls. */
  BufferingFlatMap tunedByHand() {
    return new BufferingFlatMap(workload, batch, parallelism, fresh, true);
  }

  @Override
  public String name() {
    return "buffering-%s%s%s-b%d-p%d"
        .formatted(
            workload.name(), fresh ? "-fresh" : "", tuned ? "-tuned" : "", batch, parallelism);
  }

  @Override
  public String floor() {
    return RawLoop.name(workload, batch, parallelism);
  }

  @Override
  public void measure(Turns turns) throws Exception {
    if (tuned) {
      System.setProperty(INTEROP_THREADS, "-1");
    }
    ScoringJob.measure(
        name(),
        workload,
        parallelism,
        turns,
        (records, scoredType) ->
            records.flatMap(new Scorer(workload, batch, fresh)).returns(scoredType));
  }

  private static final class Scorer extends RichFlatMapFunction<RowData, RowData> {
    private final Workload workload;
    private final RowData[] records;
    private transient @Nullable Session session;
    private final Joiner joiner;
    private final boolean fresh;
    private final TypeSerializer<RowData> copier;
    private int gathered;

    Scorer(Workload workload, int batch, boolean fresh) {
      this.workload = workload;
      this.records = new RowData[batch];
      this.joiner = workload.joiner();
      this.fresh = fresh;
      this.copier = InternalTypeInfo.of(workload.recordType()).toSerializer();
    }

    @Override
    public void open(OpenContext context) {
      session = new Session(workload, records.length);
    }

    @Override
    public void flatMap(RowData record, Collector<RowData> out) throws Exception {
      Session open = requireNonNull(session);
      records[gathered] = fresh ? record : copier.copy(record);
      open.values.put(record.getArray(0).toFloatArray());
      gathered++;
      if (gathered == records.length) {
        float[] predictions = open.predict();
        for (int i = 0; i < gathered; i++) {
          out.collect(joiner.join(records[i], predictions, i));
        }
        gathered = 0;
      }
    }

    @Override
    public void close() {
      if (session != null) {
        session.close();
        session = null;
      }
    }
  }

  /** DJL's objects and the buffer that one subtask gathers in. */
  private static final class Session implements AutoCloseable {
    private final ZooModel<ByteBuffer, float[]> model;
    private final Predictor<ByteBuffer, float[]> predictor;
    private final ByteBuffer bytes;
    private final FloatBuffer values;

    Session(Workload workload, int batch) {
      model = workload.loadWithDjl(ByteBuffer.class, new WholeBatch(workload, batch));
      predictor = model.newPredictor();
      bytes =
          ByteBuffer.allocateDirect(batch * workload.inputElements() * Float.BYTES)
              .order(ByteOrder.nativeOrder());
      values = bytes.asFloatBuffer();
    }

    float[] predict() throws Exception {
      values.clear();
      return predictor.predict(bytes.duplicate().order(ByteOrder.nativeOrder()));
    }

    @Override
    public void close() {
      predictor.close();
      model.close();
    }
  }

  private static final class WholeBatch implements Translator<ByteBuffer, float[]> {
    private final Workload workload;
    private final int batch;

    WholeBatch(Workload workload, int batch) {
      this.workload = workload;
      this.batch = batch;
    }

    @Override
    public NDList processInput(TranslatorContext context, ByteBuffer bytes) {
      NDManager manager = context.getNDManager();
      NDArray input = manager.create(bytes, workload.inputShape(batch), DataType.FLOAT32);
      return new NDList(input);
    }

    @Override
    public float[] processOutput(TranslatorContext context, NDList output) {
      return output.singletonOrThrow().toFloatArray();
    }

    @Override
    public @Nullable Batchifier getBatchifier() {
      return null;
    }
  }
}
