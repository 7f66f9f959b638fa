package io.tidemill.connectors.kafka;

/**
 * What a dead letter says of its record under the header names of Kafka Connect, in the order in
 * which that stands behind the record's own headers.
 */
enum DeadLetterHeader {
  TOPIC("topic"),
  PARTITION("partition"),
  OFFSET("offset"),
  /** The one that every dead letter has. */
  STAGE("stage"),
  CAUSE("exception.class.name"),
  MESSAGE("exception.message");

  private final String text;

  DeadLetterHeader(String name) {
    text = "__connect.errors." + name;
  }

  /** The name as it is written. */
  String text() {
    return text;
  }
}
