package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.pipelines.demo.Transaction.Flaw;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.junit.jupiter.api.Test;

final class TransactionEncoderTest {
  private final Schema schema = DemoSchema.transaction();
  private final TransactionEncoder encoder = new TransactionEncoder(schema);
  private final Transactions transactions = new Transactions(7);

  @Test
  void soundTransactionDecodesToItsFields() throws IOException {
    Transaction transaction = transactions.at(42);

    GenericRecord decoded = decode(encoder.value(transaction));

    assertThat(decoded.get("transaction_id")).hasToString(transaction.id());
    assertThat(decoded.get("card_id")).hasToString(transaction.cardId());
    assertThat(decoded.get("amount")).isEqualTo(transaction.amount());
    assertThat(decoded.get("hour")).isEqualTo(transaction.hour());
    assertThat(decoded.get("distance_km")).isEqualTo(transaction.distanceKm());
    assertThat(decoded.get("merchant_risk")).isEqualTo(transaction.merchantRisk());
    assertThat(decoded.get("is_foreign")).isEqualTo(transaction.foreign());
    assertThat(decoded.get("event_time")).isEqualTo(transaction.eventTimeMillis());
  }

  @Test
  void sameTransactionGivesTheSameBytesAgain() {
    byte[] first = encoder.value(transactions.at(42));
    encoder.value(transactions.at(43));

    assertThat(encoder.value(transactions.at(42))).isEqualTo(first);
  }

  @Test
  void nullFeatureDecodesToNull() throws IOException {
    GenericRecord decoded = decode(encoder.value(flawed(Flaw.NULL_FEATURE)));

    assertThat(decoded.get("merchant_risk")).isNull();
  }

  @Test
  void truncatedAndRandomPayloadsNeverDecode() {
    IntStream.range(0, 200 * Transactions.FLAW_INTERVAL)
        .filter(
            number ->
                Transactions.flawOf(number) == Flaw.TRUNCATED
                    || Transactions.flawOf(number) == Flaw.RANDOM)
        .mapToObj(transactions::at)
        .forEach(
            transaction ->
                assertThatThrownBy(() -> decode(encoder.value(transaction)))
                    .as("%s", transaction)
                    .isInstanceOfAny(IOException.class, AvroRuntimeException.class));
  }

  @Test
  void keyIsTheCard() {
    Transaction transaction = transactions.at(42);

    assertThat(TransactionEncoder.key(transaction)).asString().isEqualTo(transaction.cardId());
  }

  @Test
  void refusesSchemaWithoutAField() {
    Schema poor =
        SchemaBuilder.record("Poor").fields().requiredString("transaction_id").endRecord();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TransactionEncoder(poor))
        .withMessage(
            "schema Poor: no field 'card_id' (expected: the fields of a card transaction)");
  }

  @Test
  void refusesSchemaWhoseRiskIsNeverNull() {
    Schema strict =
        SchemaBuilder.record("Strict")
            .fields()
            .requiredString("transaction_id")
            .requiredString("card_id")
            .requiredDouble("amount")
            .requiredInt("hour")
            .requiredDouble("distance_km")
            .requiredFloat("merchant_risk")
            .requiredBoolean("is_foreign")
            .requiredLong("event_time")
            .endRecord();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TransactionEncoder(strict))
        .withMessageContaining("field 'merchant_risk' is never null");
  }

  @Test
  void refusesMissingSchemaFile() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TransactionEncoder.readSchema(Path.of("nowhere.avsc")))
        .withMessageStartingWith("schema file: nowhere.avsc (expected: a readable Avro schema)");
  }

  private Transaction flawed(Flaw flaw) {
    return IntStream.range(0, Transactions.FLAW_INTERVAL)
        .filter(number -> Transactions.flawOf(number) == flaw)
        .mapToObj(transactions::at)
        .findFirst()
        .orElseThrow();
  }

  private GenericRecord decode(byte[] value) throws IOException {
    return new GenericDatumReader<GenericRecord>(schema)
        .read(null, DecoderFactory.get().binaryDecoder(value, null));
  }
}
