package io.tidemill.inference;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.codec.RowBinding;
import io.tidemill.inference.operator.ColumnOperatorFactory;
import io.tidemill.inference.operator.ColumnsTypeInfo;
import io.tidemill.inference.operator.DeadLetterTypeInfo;
import io.tidemill.inference.operator.InferenceOperatorFactory;
import io.tidemill.inference.operator.ScoredSource;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.loader.ModelSource;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
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
 *         .apply("score", StepSettings.defaults().withMaxSize(512));
 * }</pre>
 *
 * <p>A builder for one use on one thread; not thread-safe.
 */
public final class Inference {
  private Inference() {}

  /** Begins with the stream to be scored. */
  public static <T> NeedsModel<T> on(DataStream<T> records) {
    return new NeedsModel<>(requireNonNull(records, "records"));
  }

  /**
   * Adds a step that scores rows which lie as columns: what comes together is a batch, the memory
   * of whole columns goes to the model's, and predictions are columns behind those of the rows.
   *
   * @param rows with elements that nobody changes, of {@link ColumnsTypeInfo}
   * @param id the step's name and uid
   * @throws IllegalArgumentException if the id is blank, or the stream is of another type
   */
  public static Scored<RowData, VectorizedColumnBatch> columns(
      DataStream<VectorizedColumnBatch> rows,
      ModelSource model,
      RowBinding binding,
      String id,
      StepSettings settings) {
    if (!(rows.getType() instanceof ColumnsTypeInfo type)) {
      throw new IllegalArgumentException(
          "type of step '%s': %s (expected: ColumnsTypeInfo)".formatted(id, rows.getType()));
    }
    ScoredSource.add(model.version(), rows);
    OutputTag<DeadLetter<RowData>> deadLetters =
        deadLetters(id, InternalTypeInfo.of(type.rowType()));
    ColumnsTypeInfo results = new ColumnsTypeInfo(binding.outputType());
    ColumnOperatorFactory factory =
        new ColumnOperatorFactory(
            id, settings, model, binding.encoder(), binding.decoder(), deadLetters, type, results);
    SingleOutputStreamOperator<VectorizedColumnBatch> predictions =
        rows.transform(id, results, factory).uid(id);
    return new Scored<>(predictions, predictions.getSideOutput(deadLetters));
  }

  private static <T> OutputTag<DeadLetter<T>> deadLetters(String id, TypeInformation<T> record) {
    return new OutputTag<>("tidemill-dead-letters-" + id, new DeadLetterTypeInfo<>(record));
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
    public <R> NeedsName<T, R> decode(PredictionDecoder<T, R> decoder, TypeInformation<R> type) {
      return new NeedsName<>(
          records,
          model,
          encoder,
          requireNonNull(decoder, "decoder"),
          requireNonNull(type, "type"));
    }
  }

  /**
   * A stream that needs a step's name, and settings where the defaults are not right.
   *
   * @param <T> the record
   * @param <R> its result
   */
  public static final class NeedsName<T, R> {
    private final DataStream<T> records;
    private final ModelSource model;
    private final RecordEncoder<T> encoder;
    private final PredictionDecoder<T, R> decoder;
    private final TypeInformation<R> type;

    private NeedsName(
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

    /** Adds the step to the stream's job, with {@linkplain StepSettings#defaults every default}. */
    public Scored<T, R> apply(String id) {
      return apply(id, StepSettings.defaults());
    }

    /**
     * Adds the step to the stream's job.
     *
     * @param id the step's name and uid: state is restored by it, so it stays while the job lives
     * @throws IllegalArgumentException if the id is blank
     */
    public Scored<T, R> apply(String id, StepSettings settings) {
      ScoredSource.add(model.version(), records);
      OutputTag<DeadLetter<T>> deadLetters = deadLetters(id, records.getType());
      SingleOutputStreamOperator<R> predictions =
          records
              .transform(
                  id,
                  type,
                  new InferenceOperatorFactory<>(
                      id, settings, model, encoder, decoder, deadLetters))
              .uid(id);
      return new Scored<>(predictions, predictions.getSideOutput(deadLetters));
    }
  }
}
