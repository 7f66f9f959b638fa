package io.tidemill.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.codec.UnfitRecordException;
import io.tidemill.model.FakeModel;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.loader.FakeModels;
import io.tidemill.model.loader.ModelSource;
import io.tidemill.model.loader.Retries;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.formats.avro.typeutils.GenericRecordAvroTypeInfo;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the examples of docs/java.md, and holds the document against them. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class JavaExampleITCase {
  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(2)
              .build());

  // begin pojo
  public static class Transaction {
    public String card = "";
    public double amount;
    public int hour;
  }

  public static class FraudScore {
    public String card = "";
    public float score;
  }

  static Scored<Transaction, FraudScore> scoreTransactions(
      DataStream<Transaction> transactions, ModelSource model) {
    return Inference.on(transactions)
        .model(model)
        .encode(
            (transaction, columns, row) -> {
              FixedWidthColumn features = columns.fixedWidth(0);
              features.setFloat(2 * row, (float) transaction.amount);
              features.setFloat(2 * row + 1, transaction.hour);
              return true;
            })
        .decode(
            (transaction, outputs, row) -> {
              FraudScore scored = new FraudScore();
              scored.card = transaction.card;
              scored.score = outputs.fixedWidth(0).getFloat(row);
              return scored;
            },
            TypeInformation.of(FraudScore.class))
        .apply("score");
  }

  // end pojo

  // begin avro
  static final Schema PAYMENT =
      SchemaBuilder.record("Payment")
          .fields()
          .requiredString("card")
          .optionalDouble("amount")
          .requiredInt("hour")
          .endRecord();

  static final Schema SCORED_PAYMENT =
      SchemaBuilder.record("ScoredPayment")
          .fields()
          .requiredString("card")
          .requiredFloat("score")
          .endRecord();

  static Scored<GenericRecord, GenericRecord> scorePayments(
      DataStream<GenericRecord> payments, ModelSource model) {
    return Inference.on(payments)
        .model(model)
        .encode(
            (payment, columns, row) -> {
              if (!(payment.get("amount") instanceof Double amount)) {
                throw UnfitRecordException.nullInput("amount");
              }
              FixedWidthColumn features = columns.fixedWidth(0);
              features.setFloat(2 * row, amount.floatValue());
              features.setFloat(2 * row + 1, (Integer) payment.get("hour"));
              return true;
            })
        .decode(
            (payment, outputs, row) -> {
              GenericRecord scored = new GenericData.Record(SCORED_PAYMENT);
              scored.put("card", payment.get("card"));
              scored.put("score", outputs.fixedWidth(0).getFloat(row));
              return scored;
            },
            new GenericRecordAvroTypeInfo(SCORED_PAYMENT))
        .apply("score-payments");
  }

  // end avro

  private static ModelSource patient(ModelSource model) {
    // begin retries
    ModelSource patient = Retries.attempts(3).of(model);
    // end retries
    return patient;
  }

  private static Transaction transaction(String card, double amount, int hour) {
    Transaction transaction = new Transaction();
    transaction.card = card;
    transaction.amount = amount;
    transaction.hour = hour;
    return transaction;
  }

  private static GenericRecord payment(String card, Object amount, int hour) {
    return new GenericRecordBuilder(PAYMENT)
        .set("card", card)
        .set("amount", amount)
        .set("hour", hour)
        .build();
  }

  @Test
  void transactionsAreScoredInOrder() throws Exception {
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setParallelism(1);
    DataStream<Transaction> transactions =
        environment.fromData(transaction("a", 10, 1), transaction("b", 20, 2));
    ModelSource model = patient(FakeModels.source(FakeModel.ofFeatures(2)));

    List<FraudScore> scores =
        scoreTransactions(transactions, model).predictions().executeAndCollect(2);

    assertThat(scores.stream().map(scored -> scored.card + "=" + scored.score))
        .containsExactly("a=11.0", "b=22.0");
  }

  @Test
  void paymentsWithoutAnAmountAreDeadLetters() throws Exception {
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setParallelism(1);
    List<GenericRecord> all = List.of(payment("a", 10.0, 1), payment("b", 20.0, 2));
    DataStream<GenericRecord> payments =
        environment.fromData(all, new GenericRecordAvroTypeInfo(PAYMENT));
    ModelSource model = FakeModels.source(FakeModel.ofFeatures(2));

    List<GenericRecord> scores = scorePayments(payments, model).predictions().executeAndCollect(2);

    assertThat(scores.stream().map(scored -> scored.get("card") + "=" + scored.get("score")))
        .containsExactly("a=11.0", "b=22.0");

    DataStream<GenericRecord> incomplete =
        environment.fromData(
            List.of(new GenericRecordBuilder(PAYMENT).set("card", "c").set("hour", 3).build()),
            new GenericRecordAvroTypeInfo(PAYMENT));
    List<DeadLetter<GenericRecord>> letters =
        scorePayments(incomplete, model).deadLetters().executeAndCollect(1);
    assertThat(letters.get(0).cause()).isEqualTo(DeadLetterCause.NULL_INPUT);
    assertThat(letters.get(0).record().get("card")).hasToString("c");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pojo", "avro", "retries"})
  void documentShowsTheseExamples(String name) throws Exception {
    String source =
        Files.readString(Path.of("src/test/java/io/tidemill/inference/JavaExampleITCase.java"));
    int marker = source.indexOf("// begin " + name + "\n");
    int begin = source.indexOf('\n', marker) + 1;
    int end = source.lastIndexOf('\n', source.indexOf("// end " + name + "\n", begin));
    String example = source.substring(begin, end).stripTrailing().stripIndent();

    assertThat(Files.readString(Path.of("..", "docs", "java.md")))
        .contains("```java\n" + example + "\n```");
  }
}
