package io.tidemill.benchmarks;

import static java.util.Objects.requireNonNull;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.datastream.AsyncDataStream;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.apache.flink.streaming.api.functions.async.RichAsyncFunction;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * Flink's asynchronous operator with one DJL call per record, as the documentation of the two would
 * have it.
 *
 * @param workers threads that call the model, each with a predictor of its own
 * @param batchifier whether DJL's default batchifier stacks the one record, or the translator makes
 *     the batch of one itself
 */
record PerRecordCalls(Workload workload, int workers, boolean batchifier)
    implements ProcessVariant {
  private static final int CAPACITY = 100;

  @Override
  public String name() {
    return "per-record-%s%s-w%d"
        .formatted(workload.name(), batchifier ? "" : "-unstacked", workers);
  }

  @Override
  public String floor() {
    return RawLoop.name(workload, workload.usualBatch(), workers);
  }

  @Override
  public void measure(Turns turns) throws Exception {
    ScoringJob.measure(
        name(),
        workload,
        1,
        turns,
        (records, scoredType) ->
            AsyncDataStream.orderedWait(
                    records,
                    new Scorer(workload, workers, batchifier),
                    1,
                    TimeUnit.MINUTES,
                    CAPACITY)
                .returns(scoredType));
  }

  private static final class Scorer extends RichAsyncFunction<RowData, RowData> {
    private final Workload workload;
    private final int workers;
    private final boolean batchifier;
    private transient @Nullable Session session;

    Scorer(Workload workload, int workers, boolean batchifier) {
      this.workload = workload;
      this.workers = workers;
      this.batchifier = batchifier;
    }

    @Override
    public void open(OpenContext context) {
      session = new Session(workload, workers, batchifier);
    }

    @Override
    public void asyncInvoke(RowData record, ResultFuture<RowData> result) {
      requireNonNull(session).score(record, result);
    }

    @Override
    public void close() {
      if (session != null) {
        session.close();
        session = null;
      }
    }
  }

  private static final class Session implements AutoCloseable {
    private final Joiner joiner;
    private final ZooModel<float[], float[]> model;
    private final BlockingQueue<Predictor<float[], float[]>> predictors =
        new LinkedBlockingQueue<>();
    private final ExecutorService threads;

    Session(Workload workload, int workers, boolean batchifier) {
      joiner = workload.joiner();
      model = workload.loadWithDjl(float[].class, new OneRecord(workload, batchifier));
      for (int i = 0; i < workers; i++) {
        predictors.add(model.newPredictor());
      }
      threads = Executors.newFixedThreadPool(workers);
    }

    void score(RowData record, ResultFuture<RowData> result) {
      threads.execute(
          () -> {
            try {
              Predictor<float[], float[]> predictor = predictors.take();
              float[] prediction = predictor.predict(record.getArray(0).toFloatArray());
              predictors.add(predictor);
              result.complete(List.of(joiner.join(record, prediction, 0)));
            } catch (TranslateException | InterruptedException e) {
              result.completeExceptionally(e);
            }
          });
    }

    @Override
    public void close() {
      threads.shutdownNow();
      predictors.forEach(Predictor::close);
      model.close();
    }
  }

  private static final class OneRecord implements Translator<float[], float[]> {
    private final Shape shape;
    private final boolean batchifier;

    OneRecord(Workload workload, boolean batchifier) {
      shape = batchifier ? workload.rowShape() : workload.inputShape(1);
      this.batchifier = batchifier;
    }

    @Override
    public NDList processInput(TranslatorContext context, float[] values) {
      return new NDList(context.getNDManager().create(values, shape));
    }

    @Override
    public float[] processOutput(TranslatorContext context, NDList output) {
      return output.singletonOrThrow().toFloatArray();
    }

    @Override
    public @Nullable Batchifier getBatchifier() {
      return batchifier ? Batchifier.STACK : null;
    }
  }
}
