package io.tidemill.inference;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.InFlight;
import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.operator.DeadLetterTypeInfo;
import io.tidemill.inference.operator.InferenceOperatorFactory;
import io.tidemill.inference.operator.InferenceSettings;
import io.tidemill.inference.operator.InferenceSettings.OnNotFinite;
import io.tidemill.inference.operator.InferenceSettings.OnNullInput;
import io.tidemill.model.loader.ModelSource;
import java.time.Duration;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.util.OutputTag;

/**
 * Scores the records of a stream with a model, in batches.
 *
 * <pre>{@code
 * Scored<Transaction, Prediction> scored =
 *     Inference.on(transactions)
 *         .model(StoredModel.resolve("s3://models", ModelRef.parse("fraud@production"), Device.CPU))
 *         .encode((transaction, columns, row) -> { … })
 *         .decode((transaction, outputs, row) -> new Prediction(…), TypeInformation.of(Prediction.class))
 *         .apply("score");
 * }</pre>
 *
 * <p>What is not set has these defaults: 256 records or 20 ms a batch, two batches in flight,
 * results in input order, predictions kept as they are even when not finite, records with a null
 * input to the dead letters, 60 s for a call, 1 GiB of Arrow memory a subtask.
 *
 * <p>A builder for one use on one thread; not thread-safe.
 */
public final class Inference {
  private Inference() {}

  /** Begins with the stream to be scored. */
  public static <T> NeedsModel<T> on(DataStream<T> records) {
    return new NeedsModel<>(requireNonNull(records, "records"));
  }

  /** A stream that needs a model. */
  public static final class NeedsModel<T> {
    private final DataStream<T> records;

    private NeedsModel(DataStream<T> records) {
      this.records = records;
    }

    /** The model, pinned to one version. */
    public NeedsEncoder<T> model(ModelSource model) {
      return new NeedsEncoder<>(records, requireNonNull(model, "model"));
    }
  }

  /** A stream that needs to know how its records become columns. */
  public static final class NeedsEncoder<T> {
    private final DataStream<T> records;
    private final ModelSource model;

    private NeedsEncoder(DataStream<T> records, ModelSource model) {
      this.records = records;
      this.model = model;
    }

    public NeedsDecoder<T> encode(RecordEncoder<T> encoder) {
      return new NeedsDecoder<>(records, model, requireNonNull(encoder, "encoder"));
    }
  }

  /** A stream that needs to know how columns become results. */
  public static final class NeedsDecoder<T> {
    private final DataStream<T> records;
    private final ModelSource model;
    private final RecordEncoder<T> encoder;

    private NeedsDecoder(DataStream<T> records, ModelSource model, RecordEncoder<T> encoder) {
      this.records = records;
      this.model = model;
      this.encoder = encoder;
    }

    /**
     * How columns become results.
     *
     * @param type of the results, which a lambda does not tell
     */
    public <R> Step<T, R> decode(PredictionDecoder<T, R> decoder, TypeInformation<R> type) {
      return new Step<>(
          records,
          model,
          encoder,
          requireNonNull(decoder, "decoder"),
          requireNonNull(type, "type"));
    }
  }

  /**
   * A step with everything that it needs; what follows is optional, but for {@link #apply}.
   *
   * @param <T> the record
   * @param <R> its result
   */
  public static final class Step<T, R> {
    private final DataStream<T> records;
    private final ModelSource model;
    private final RecordEncoder<T> encoder;
    private final PredictionDecoder<T, R> decoder;
    private final TypeInformation<R> type;
    private InferenceSettings settings = InferenceSettings.defaults("step");

    private Step(
        DataStream<T> records,
        ModelSource model,
        RecordEncoder<T> encoder,
        PredictionDecoder<T, R> decoder,
        TypeInformation<R> type) {
      this.records = records;
      this.model = model;
      this.encoder = encoder;
      this.decoder = decoder;
      this.type = type;
    }

    /**
     * The most records of a batch.
     *
     * @throws IllegalArgumentException unless 1 to 1,048,576
     */
    public Step<T, R> maxSize(int records) {
      return batching(settings.batching().withMaxSize(records));
    }

    /**
     * The most bytes of a batch, as the encoder counts them; a record larger than that is a dead
     * letter.
     *
     * @throws IllegalArgumentException unless at least 1
     */
    public Step<T, R> maxBytes(long bytes) {
      return batching(settings.batching().withMaxBytes(bytes));
    }

    /**
     * The longest that the first record of a batch waits for the others.
     *
     * @throws IllegalArgumentException unless 0 to one day
     */
    public Step<T, R> maxDelay(Duration delay) {
      return batching(settings.batching().withMaxDelay(delay));
    }

    /**
     * The most batches handed to the model whose results are not emitted, with one worker for every
     * two of them.
     *
     * @throws IllegalArgumentException unless 1 to 1024
     */
    public Step<T, R> maxInFlight(int batches) {
      settings = settings.withBatching(settings.batching().withMaxInFlight(batches));
      return this;
    }

    private Step<T, R> batching(BatchPolicy policy) {
      settings = settings.withBatching(policy).withWorkers(settings.workers());
      return this;
    }

    /**
     * Model calls at a time; set it after {@link #maxInFlight}. With twice as many slots the next
     * batch stands encoded when a call ends, so that the model need not wait.
     *
     * @throws IllegalArgumentException unless 1 to max-in-flight
     */
    public Step<T, R> workers(int threads) {
      settings = settings.withWorkers(threads);
      return this;
    }

    /** Lets results leave as they complete, though never past a watermark. */
    public Step<T, R> unordered() {
      settings = settings.withOrder(InFlight.Order.UNORDERED);
      return this;
    }

    /** What becomes of predictions that are not a number or infinite. */
    public Step<T, R> onNotFinite(OnNotFinite policy) {
      settings = settings.withPolicies(policy, settings.onNullInput());
      return this;
    }

    /** What becomes of records with an input that is null or missing. */
    public Step<T, R> onNullInput(OnNullInput policy) {
      settings = settings.withPolicies(settings.onNotFinite(), policy);
      return this;
    }

    /**
     * The longest that one model call may take before the task fails.
     *
     * @throws IllegalArgumentException unless at least 1 ms
     */
    public Step<T, R> callTimeout(Duration timeout) {
      settings = settings.withCallTimeout(timeout);
      return this;
    }

    /**
     * The most Arrow memory that one subtask may hold; a batch that does not fit is halved.
     *
     * @throws IllegalArgumentException unless at least 1 byte
     */
    public Step<T, R> memoryLimitBytes(long bytes) {
      settings = settings.withMemoryLimitBytes(bytes);
      return this;
    }

    /**
     * Says that no one changes a record after it was handed on, so that none is copied under object
     * reuse. Wrongly said, predictions are made of other records' values.
     */
    public Step<T, R> freshRecords() {
      settings = settings.withFreshRecords(true);
      return this;
    }

    /**
     * Adds the step to the stream's job.
     *
     * @param id the step's name and uid: state is restored by it, so it stays while the job lives
     */
    public Scored<T, R> apply(String id) {
      InferenceSettings named = settings.withStep(id);
      OutputTag<DeadLetter<T>> deadLetters =
          new OutputTag<>(
              "tidemill-dead-letters-" + id, new DeadLetterTypeInfo<>(records.getType()));
      SingleOutputStreamOperator<R> predictions =
          records
              .transform(
                  id,
                  type,
                  new InferenceOperatorFactory<>(named, model, encoder, decoder, deadLetters))
              .uid(id);
      return new Scored<>(predictions, predictions.getSideOutput(deadLetters));
    }
  }
}
