package io.tidemill.pipelines.demo;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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

  private final GenericDatumWriter<GenericData.Record> writer;
  private final GenericData.Record row;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(USUAL_PAYLOAD_BYTES);
  private final BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
  private final int transactionId;
  private final int cardId;
  private final int amount;
  private final int hour;
  private final int distanceKm;
  private final int merchantRisk;
  private final int foreign;
  private final int eventTime;

  /**
   * @throws IllegalArgumentException if the schema lacks a field of a transaction, or holds one
   *     that a transaction does not have
   */
  TransactionEncoder(Schema schema) {
    transactionId = position(schema, "transaction_id");
    cardId = position(schema, "card_id");
    amount = position(schema, "amount");
    hour = position(schema, "hour");
    distanceKm = position(schema, "distance_km");
    merchantRisk = position(schema, "merchant_risk");
    foreign = position(schema, "is_foreign");
    eventTime = position(schema, "event_time");
    if (schema.getFields().size() != 8) {
      throw new IllegalArgumentException(
          "schema "
              + schema.getFullName()
              + ": "
              + schema.getFields().size()
              + " fields (expected: the 8 of a card transaction)");
    }
    if (!schema.getFields().get(merchantRisk).schema().isNullable()) {
      throw new IllegalArgumentException(
          "schema "
              + schema.getFullName()
              + ": field 'merchant_risk' is never null (expected: a"
              + " union with null, as some shops were never rated)");
    }
    writer = new GenericDatumWriter<>(schema);
    row = new GenericData.Record(schema);
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
    row.put(transactionId, transaction.id());
    row.put(cardId, transaction.cardId());
    row.put(amount, transaction.amount());
    row.put(hour, transaction.hour());
    row.put(distanceKm, transaction.distanceKm());
    row.put(merchantRisk, transaction.merchantRisk());
    row.put(foreign, transaction.foreign());
    row.put(eventTime, transaction.eventTimeMillis());
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

  private static int position(Schema schema, String field) {
    Schema.Field found = schema.getField(field);
    if (found == null) {
      throw new IllegalArgumentException(
          "schema "
              + schema.getFullName()
              + ": no field '"
              + field
              + "' (expected: the fields of a card transaction)");
    }
    return found.pos();
  }
}
