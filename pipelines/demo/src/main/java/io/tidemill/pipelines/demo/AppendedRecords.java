package io.tidemill.pipelines.demo;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * How many records topics hold, whether committed or not: what a job has done since its last
 * checkpoint shows here first. The marks of transactions count too, so it is for progress only.
 *
 * <p>For use by one thread at a time.
 */
final class AppendedRecords implements AutoCloseable {
  private final Admin admin;
  private final Map<TopicPartition, OffsetSpec> ends = new HashMap<>();

  AppendedRecords(String bootstrapServers, int partitions, String... topics) {
    admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers));
    Stream.of(topics)
        .forEach(
            topic -> {
              for (int partition = 0; partition < partitions; partition++) {
                ends.put(new TopicPartition(topic, partition), OffsetSpec.latest());
              }
            });
  }

  /**
   * Asks the broker.
   *
   * @throws KafkaException if it does not answer
   */
  long count() throws InterruptedException {
    try {
      return admin.listOffsets(ends).all().get().values().stream()
          .mapToLong(ListOffsetsResultInfo::offset)
          .sum();
    } catch (ExecutionException e) {
      throw new KafkaException("the broker does not tell the ends of " + ends.keySet(), e);
    }
  }

  @Override
  public void close() {
    admin.close();
  }
}
