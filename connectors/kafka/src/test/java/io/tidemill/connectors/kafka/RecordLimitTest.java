package io.tidemill.connectors.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.options.ConnectorOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.Test;

class RecordLimitTest {
  private static final List<Header> HEADERS = List.of(new RecordHeader("größe", new byte[3]));
  private static final ProducerRecord<byte[], byte[]> RECORD =
      new ProducerRecord<>("out", null, new byte[5], new byte[11], HEADERS);

  /** 82 of Kafka's own, key and value, and the header with 10 more and the 7 of its name. */
  private static final int BYTES = 82 + 5 + 11 + 10 + 7 + 3;

  @Test
  void lettersOfAHeadersNameCountAsTheBytesThatTheyTake() {
    assertThat(limit(BYTES).excess(RECORD)).isZero();
    assertThat(limit(BYTES - 1).excess(RECORD)).isEqualTo(1);
  }

  @Test
  void recordThatFitsWhateverItsNamesTakeFits() {
    assertThat(limit(10 * BYTES).excess(RECORD)).isNegative();
  }

  @Test
  void brokerThatDoesNotAnswerLeavesWhatTheProducerTakes() {
    RecordLimit limit = limit(BYTES);

    limit.open(Duration.ofMillis(200));

    assertThat(limit.bytes()).isEqualTo(BYTES);
  }

  @Test
  void topicWhoseBrokerDoesNotTellHowItIsCleanedIsNotCompacted() {
    assertThat(Broker.isCompacted(new Config(List.of()))).isFalse();
  }

  private static RecordLimit limit(int bytes) {
    ConnectorOptions options =
        new ConnectorOptions("sink", Map.of("properties.bootstrap.servers", "localhost:1"));
    return new RecordLimit(new Broker(new KafkaOptions(options)), "out", bytes);
  }
}
