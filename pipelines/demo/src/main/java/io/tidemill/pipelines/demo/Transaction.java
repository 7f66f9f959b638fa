package io.tidemill.pipelines.demo;

import java.nio.charset.StandardCharsets;
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
  private static final int DIGITS = 9;

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
    byte[] text = new byte[PREFIX.length() + DIGITS];
    text[0] = 't';
    text[1] = 'x';
    text[2] = '-';
    int rest = number;
    for (int i = text.length - 1; i >= PREFIX.length(); i--) {
      text[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  /** The number of the transaction with this id, or -1 if no transaction has such an id. */
  static int numberOf(CharSequence id) {
    if (id.length() != PREFIX.length() + DIGITS || !id.toString().startsWith(PREFIX)) {
      return -1;
    }
    int number = 0;
    for (int i = PREFIX.length(); i < id.length(); i++) {
      int digit = id.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }
}
