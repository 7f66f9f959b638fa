package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.Origin;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DeadLetterDecoderTest {
  private static final List<Header> OWN =
      List.of(Header.of("trace", "t1"), new Header("empty", null), Header.of("trace", "t2"));

  private static RecordLimit limit(int bytes) {
    ConnectorOptions options =
        new ConnectorOptions("", Map.of("properties.bootstrap.servers", "localhost:1"));
    return new RecordLimit(new Broker(new KafkaOptions(options)), "dead", bytes);
  }

  /** What a sink writes, as a consumer gets it. */
  private static ConsumerRecord<byte[], byte[]> written(DeadLetterRecord letter, int limit) {
    DeadLetterEncoder encoder =
        new DeadLetterEncoder(
            "dead", List.of(Header.of("tidemill.job", "fraud")), limit(limit), Oversized.TRUNCATE);
    ProducerRecord<byte[], byte[]> record =
        requireNonNull(
            encoder.serialize(letter.toRow(), new KafkaRecordEncoderTest.OneWriter(), null));
    return new ConsumerRecord<>(
        "dead",
        0,
        5,
        record.timestamp() == null ? ConsumerRecord.NO_TIMESTAMP : record.timestamp(),
        TimestampType.CREATE_TIME,
        0,
        0,
        record.key(),
        record.value(),
        record.headers(),
        Optional.empty());
  }

  private static DeadLetterRecord letter(@Nullable List<Header> headers, byte[] value) {
    return letter("k".getBytes(UTF_8), headers, value);
  }

  private static DeadLetterRecord letter(byte[] key, @Nullable List<Header> headers, byte[] value) {
    GenericRowData origin = new GenericRowData(Origin.TYPE.getFieldCount());
    origin.setField(Origin.KEY, key);
    origin.setField(Origin.HEADERS, headers == null ? null : Origin.writeHeaders(headers));
    origin.setField(Origin.TOPIC, StringData.fromString("in"));
    origin.setField(Origin.PARTITION, 2);
    origin.setField(Origin.OFFSET, 7L);
    origin.setField(Origin.TIMESTAMP, 1_000L);
    origin.setField(Origin.VALUE, value);
    return DeadLetterRecord.of(
        Origin.of(GenericRowData.of(origin), 0),
        "score",
        "java.lang.Error",
        "boom",
        Map.of("tidemill.step", "score"));
  }

  private static DeadLetterRecord read(ConsumerRecord<byte[], byte[]> record) {
    return requireNonNull(new DeadLetterDecoder().decode(record));
  }

  @Test
  void readsWhatTheEncoderWrites() {
    DeadLetterRecord read = read(written(letter(OWN, new byte[] {1, 2}), 1 << 20));

    assertThat(read.key()).asString().isEqualTo("k");
    assertThat(read.value()).containsExactly(1, 2);
    assertThat(read.headers()).hasToString(OWN.toString());
    assertThat(read.topic()).isEqualTo("in");
    assertThat(read.partition()).isEqualTo(2);
    assertThat(read.offset()).isEqualTo(7);
    assertThat(read.timestamp()).isEqualTo(1_000);
    assertThat(read.stage()).isEqualTo("score");
    assertThat(read.causeClass()).isEqualTo("java.lang.Error");
    assertThat(read.message()).isEqualTo("boom");
    assertThat(read.context())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("tidemill.step", "score", "tidemill.job", "fraud"));
  }

  @Test
  void timeOfTheRecordIsItsOwnWhereTheTopicOfLettersDidNotTakeIt() {
    ConsumerRecord<byte[], byte[]> written =
        written(
            letter(List.of(Header.of("tidemill.timestamp", "1")), new byte[0])
                .withContext(List.of(Header.of("tidemill.timestamp", "2"))),
            1 << 20);

    assertThat(read(written).timestamp()).isEqualTo(2);
    written.headers().add("tidemill.timestamp", "3000".getBytes(UTF_8));
    assertThat(read(written).timestamp()).as("the last one is the encoder's").isEqualTo(3_000);
  }

  @Test
  void headersOfALetterThatBecameALetterAgainAreItsOwn() {
    List<Header> first = headers(written(letter(OWN, new byte[0]), 1 << 20));

    DeadLetterRecord read = read(written(letter(first, new byte[0]), 1 << 20));

    assertThat(read.headers()).hasToString(first.toString());
    assertThat(read.offset()).isEqualTo(7);
  }

  @Test
  void letterOfARecordFromNoTopicHasNoPlace() {
    DeadLetterRecord letter =
        DeadLetterRecord.of(null, "score", "java.lang.Error", "boom", Map.of())
            .withValue("{}".getBytes(UTF_8));

    DeadLetterRecord read = read(written(letter, 1 << 20));

    assertThat(read.topic()).isNull();
    assertThat(read.partition()).isNull();
    assertThat(read.timestamp()).isNull();
    assertThat(read.headers()).isEmpty();
    assertThat(read.value()).asString().isEqualTo("{}");
  }

  @Test
  void cutValueSaysHowLongItWas() {
    DeadLetterRecord read = read(written(letter(OWN, new byte[2_000]), 1_000));

    assertThat(read.value()).hasSizeBetween(1, 999);
    assertThat(read.headers()).hasToString(OWN.toString());
    assertThat(read.key()).asString().isEqualTo("k");
    assertThat(read.context()).containsEntry("tidemill.value-bytes", "2000");
  }

  @Test
  void headersThatLeaveNoRoomAreLeftOutAndTheValueIsKept() {
    List<Header> large = List.of(Header.of("a", "b"), Header.of("trace", "x".repeat(2_000)));

    DeadLetterRecord read = read(written(letter(large, new byte[] {1, 2}), 1_000));

    assertThat(read.value()).containsExactly(1, 2);
    assertThat(read.headers()).isEmpty();
    assertThat(read.context())
        .containsEntry("tidemill.value-bytes", "2")
        .containsEntry("tidemill.headers-left-out", "2");
    assertThat(read.offset()).isEqualTo(7);
  }

  @Test
  void keyThatLeavesNoRoomIsCutToWhatFits() {
    byte[] key = new byte[2_000];
    RecordLimit limit = limit(1_000);

    for (byte[] value : new byte[][] {new byte[0], new byte[3_000]}) {
      ConsumerRecord<byte[], byte[]> written = written(letter(key, OWN, value), 1_000);
      ProducerRecord<byte[], byte[]> again =
          new ProducerRecord<>("dead", null, written.key(), written.value(), written.headers());

      assertThat(limit.excess(again)).isZero();
      assertThat(read(written).context())
          .containsEntry("tidemill.value-bytes", String.valueOf(value.length))
          .containsEntry("tidemill.key-bytes", "2000");
      assertThat(read(written).key()).hasSizeGreaterThan(300);
    }
  }

  @Test
  void messageThatQuotesTheRecordIsShortened() {
    DeadLetterRecord letter =
        DeadLetterRecord.of(
            null, "score", "java.lang.Error", "no number: " + "x".repeat(5_000), Map.of());

    assertThat(letter.message()).hasSize(1_001).startsWith("no number: x").endsWith("x…");
  }

  @Test
  void otherRecordIsNoLetter() {
    ConsumerRecord<byte[], byte[]> other = new ConsumerRecord<>("dead", 0, 5, null, new byte[0]);
    other.headers().add("__connect.errors.topic", "in".getBytes(UTF_8));

    assertThat(new DeadLetterDecoder().decode(other)).isNull();

    other.headers().add("__connect.errors.stage", null);
    assertThat(new DeadLetterDecoder().decode(other)).isNull();
  }

  private static List<Header> headers(ConsumerRecord<byte[], byte[]> record) {
    return StreamSupport.stream(record.headers().spliterator(), false)
        .map(header -> new Header(header.key(), header.value()))
        .toList();
  }
}
