package io.tidemill.pipelines.demo;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One generated card transaction and the truth about it.
 *
 * @param number its place in the sequence, from 0, which {@link #id()} spells out
 * @param cardId the card, which is the record's key
 * @param amount in the card's currency
 * @param hour of the day, 0 to 23
 * @param distanceKm from the place of the card's previous transaction
 * @param merchantRisk 0 to 1, or null where the shop was never rated: no model input can hold that
 * @param foreign whether the shop is in another country
 * @param eventTimeMillis when it was made, in milliseconds since 1970
 * @param fraud the label, which never leaves this process
 * @param flaw what is wrong with its payload
 */
record Transaction(
    int number,
    String cardId,
    double amount,
    int hour,
    double distanceKm,
    @Nullable Float merchantRisk,
    boolean foreign,
    long eventTimeMillis,
    boolean fraud,
    Flaw flaw) {
  private static final String PREFIX = "tx-";
  private static final Pattern ID = Pattern.compile(PREFIX + "\\d{9}");

  /** What is wrong with a payload. */
  enum Flaw {
    /** Nothing: it is scored. */
    NONE,
    /** It decodes, but a feature is null, so it does not fit the model's signature. */
    NULL_FEATURE,
    /** Its Avro bytes end early. */
    TRUNCATED,
    /** Its bytes are not Avro at all. */
    RANDOM
  }

  /** The transaction_id of the record, which {@link #numberOf} reads back. */
  String id() {
    // The leading 1 keeps the zeros before the number.
    return PREFIX + Integer.toString(1_000_000_000 + number).substring(1);
  }

  /** The number of the transaction with this id, or -1 if no transaction has such an id. */
  static int numberOf(CharSequence id) {
    return ID.matcher(id).matches() ? Integer.parseInt(id, PREFIX.length(), id.length(), 10) : -1;
  }
}
