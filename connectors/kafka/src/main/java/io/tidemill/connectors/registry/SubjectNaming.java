package io.tidemill.connectors.registry;

import java.util.Locale;

/** How the subject of a written schema is named, as in Confluent's serializers. */
enum SubjectNaming {
  /** {@code <topic>-value}. */
  TOPIC,
  /** The record's full name. */
  RECORD,
  /** {@code <topic>-<full name>}. */
  TOPIC_RECORD;

  String subject(String topic, String record) {
    return switch (this) {
      case TOPIC -> topic + "-value";
      case RECORD -> record;
      case TOPIC_RECORD -> topic + "-" + record;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
