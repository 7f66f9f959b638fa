package io.tidemill.pipelines.demo;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/**
 * Transactions as the Avro bytes of a topic: the schema's binary form without any frame, and for
 * the flawed ones bytes that no decoder accepts.
 *
 * <p>Encoding the same transaction again gives the same bytes. Buffers are reused between calls;
 * the returned arrays belong to the caller.
 *
 * <p>For use by one thread at a time.
 */
final class TransactionEncoder {
  private static final int USUAL_PAYLOAD_BYTES = 128;
  private static final int RANDOM_PAYLOAD_BYTES = 48;

  private static final List<String> FIELDS =
      List.of(
          "transaction_id",
          "card_id",
          "amount",
          "hour",
          "distance_km",
          "merchant_risk",
          "is_foreign",
          "event_time");

  private final GenericDatumWriter<GenericData.Record> writer;
  private final GenericData.Record row;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(USUAL_PAYLOAD_BYTES);
  private final BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);

  /**
   * @throws IllegalArgumentException if the schema lacks a field of a transaction, or holds one
   *     that a transaction does not have
   */
  TransactionEncoder(Schema schema) {
    for (String field : FIELDS) {
      check(schema, schema.getField(field) != null, "no field '%s'".formatted(field));
    }
    for (Schema.Field field : schema.getFields()) {
      check(schema, FIELDS.contains(field.name()), "field '%s'".formatted(field.name()));
    }
    check(
        schema,
        schema.getField("merchant_risk").schema().isNullable(),
        "field 'merchant_risk' is never null, but some shops were never rated");
    writer = new GenericDatumWriter<>(schema);
    row = new GenericData.Record(schema);
  }

  private static void check(Schema schema, boolean fits, String problem) {
    if (!fits) {
      throw new IllegalArgumentException(
          "schema %s: %s (expected: the fields of a card transaction)"
              .formatted(schema.getFullName(), problem));
    }
  }

  /**
   * Reads the schema of an {@code .avsc} file.
   *
   * @throws IllegalArgumentException if there is no such file, or it is no Avro schema
   */
  static Schema readSchema(Path file) {
    try {
      return new Schema.Parser().parse(Files.readString(file));
    } catch (IOException | SchemaParseException e) {
      throw new IllegalArgumentException(
          "schema file: " + file + " (expected: a readable Avro schema): " + e.getMessage(), e);
    }
  }

  /**
   * The key of the transaction's record: the card, so that one card's transactions stay in order.
   */
  static byte[] key(Transaction transaction) {
    return transaction.cardId().getBytes(StandardCharsets.UTF_8);
  }

  /** The value of the transaction's record, flawed if the transaction is. */
  byte[] value(Transaction transaction) {
    return switch (transaction.flaw()) {
      case NONE, NULL_FEATURE -> avro(transaction);
      case TRUNCATED -> {
        byte[] whole = avro(transaction);
        yield Arrays.copyOf(whole, whole.length / 2);
      }
      case RANDOM -> random(transaction);
    };
  }

  private byte[] avro(Transaction transaction) {
    row.put("transaction_id", transaction.id());
    row.put("card_id", transaction.cardId());
    row.put("amount", transaction.amount());
    row.put("hour", transaction.hour());
    row.put("distance_km", transaction.distanceKm());
    row.put("merchant_risk", transaction.merchantRisk());
    row.put("is_foreign", transaction.foreign());
    row.put("event_time", transaction.eventTimeMillis());
    bytes.reset();
    try {
      writer.write(row, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  private static byte[] random(Transaction transaction) {
    byte[] payload = new byte[RANDOM_PAYLOAD_BYTES];
    new SplittableRandom(transaction.number()).nextBytes(payload);
    // An odd number below 128 is a negative length in Avro, and no string has that.
    payload[0] = (byte) ((payload[0] & 0x7E) | 1);
    return payload;
  }
}
