package io.tidemill.benchmarks;

import static java.util.stream.Collectors.toMap;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** A new topic that somebody fills, and how far it is. Closing it deletes the topic. */
final class TopicEnd implements AutoCloseable {
  private final Admin admin;
  private final String topic;
  private final Map<TopicPartition, OffsetSpec> partitions;

  private TopicEnd(Admin admin, String topic, int partitions) {
    this.admin = admin;
    this.topic = topic;
    this.partitions =
        IntStream.range(0, partitions)
            .boxed()
            .collect(toMap(i -> new TopicPartition(topic, i), i -> OffsetSpec.latest()));
  }

  static TopicEnd create(String bootstrapServers, String topic, int partitions)
      throws InterruptedException, ExecutionException {
    Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
    admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
    return new TopicEnd(admin, topic, partitions);
  }

  /**
   * How many records were ever written, the marks at the ends of transactions among them.
   *
   * @param level whether those count that nobody has committed
   */
  long written(IsolationLevel level) throws InterruptedException, ExecutionException {
    return admin
        .listOffsets(partitions, new ListOffsetsOptions(level))
        .all()
        .get()
        .values()
        .stream()
        .mapToLong(ListOffsetsResultInfo::offset)
        .sum();
  }

  @Override
  public void close() throws InterruptedException, ExecutionException {
    try (admin) {
      admin.deleteTopics(List.of(topic)).all().get();
    }
  }
}
