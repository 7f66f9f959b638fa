package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.Origin;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Reads what {@link DeadLetterEncoder} writes. Stateless and thread-safe. */
final class DeadLetterDecoder {
  /** What stands before {@link DeadLetterHeader#STAGE}, if the record came from a topic. */
  private static final List<DeadLetterHeader> PLACE =
      List.of(DeadLetterHeader.OFFSET, DeadLetterHeader.PARTITION, DeadLetterHeader.TOPIC);

  /** The dead letter; null where the record is none. */
  @Nullable DeadLetterRecord decode(ConsumerRecord<byte[], byte[]> record) {
    List<Header> headers = new ArrayList<>();
    record.headers().forEach(header -> headers.add(new Header(header.key(), header.value())));
    // A record's own headers may have the same names, if it was a dead letter before; they stand
    // first.
    int stage = headers.size() - 1;
    while (stage >= 0 && text(headers.subList(stage, stage + 1), DeadLetterHeader.STAGE) == null) {
      stage--;
    }
    if (stage < 0) {
      return null;
    }
    int first = stage;
    for (DeadLetterHeader place : PLACE) {
      if (first > 0 && is(headers.get(first - 1), place)) {
        first--;
      }
    }
    List<Header> said = headers.subList(first, headers.size());
    String partition = text(said, DeadLetterHeader.PARTITION);
    String offset = text(said, DeadLetterHeader.OFFSET);
    GenericRowData row;
    try {
      row =
          GenericRowData.of(
              record.key(),
              record.value(),
              first == 0 ? null : Origin.writeHeaders(headers.subList(0, first)),
              StringData.fromString(text(said, DeadLetterHeader.TOPIC)),
              partition == null ? null : Integer.valueOf(partition),
              offset == null ? null : Long.valueOf(offset),
              time(record, said),
              StringData.fromString(text(said, DeadLetterHeader.STAGE)),
              StringData.fromString(text(said, DeadLetterHeader.CAUSE)),
              StringData.fromString(text(said, DeadLetterHeader.MESSAGE)),
              null);
    } catch (NumberFormatException notOurs) {
      return null;
    }
    return DeadLetterRecord.fromRow(row)
        .withContext(
            headers.subList(stage + 1, headers.size()).stream()
                .filter(
                    header ->
                        !is(header, DeadLetterHeader.CAUSE)
                            && !is(header, DeadLetterHeader.MESSAGE))
                .toList());
  }

  /** The record's time is that of its letter, unless their topic did not take it. */
  private static @Nullable Long time(ConsumerRecord<byte[], byte[]> letter, List<Header> said) {
    Long time = letter.timestamp() < 0 ? null : letter.timestamp();
    for (Header header : said) {
      byte[] value = header.value();
      if (header.name().equals(DeadLetterEncoder.TIMESTAMP) && value != null) {
        time = Long.valueOf(new String(value, UTF_8));
      }
    }
    return time;
  }

  private static boolean is(Header header, DeadLetterHeader name) {
    return header.name().equals(name.text());
  }

  private static @Nullable String text(List<Header> headers, DeadLetterHeader name) {
    for (Header header : headers) {
      byte[] value = header.value();
      if (is(header, name) && value != null) {
        return new String(value, UTF_8);
      }
    }
    return null;
  }
}
