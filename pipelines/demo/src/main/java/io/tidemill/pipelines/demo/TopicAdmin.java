package io.tidemill.pipelines.demo;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.utils.Time;

/**
 * The topics of a broker of one node: makes them, and tells how far they are.
 *
 * <p>Safe for use by several threads.
 */
final class TopicAdmin implements AutoCloseable {
  private static final Duration LEADERS_WITHIN = Duration.ofSeconds(30);
  private static final long RETRY_MILLIS = 20;

  private final Admin admin;

  TopicAdmin(String bootstrapServers) {
    admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers));
  }

  /**
   * Creates topics whose records carry the time at which the broker appended them. Blocks until
   * each partition can be written: a producer that begins before its partitions have a leader can
   * have its second batch accepted and its first refused, and then never gets them into order.
   *
   * @throws KafkaException if one exists already or cannot be created
   */
  void create(int partitions, String... names) {
    Map<String, String> config = Map.of(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
    List<NewTopic> topics =
        Stream.of(names)
            .map(name -> new NewTopic(name, partitions, (short) 1).configs(config))
            .toList();
    try {
      admin.createTopics(topics).all().get();
      awaitLeaders(partitions, names);
    } catch (ExecutionException e) {
      throw new KafkaException("topics " + List.of(names) + " were not created", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted while topics were created", e);
    }
  }

  private void awaitLeaders(int partitions, String... topics)
      throws ExecutionException, InterruptedException {
    long deadlineNanos = System.nanoTime() + LEADERS_WITHIN.toNanos();
    while (true) {
      try {
        // Only a leader answers. The client asks again while there is none, but not while the
        // broker has not heard of the topic.
        endsOf(partitions, topics);
        return;
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof RetriableException)
            || System.nanoTime() - deadlineNanos > 0) {
          throw e;
        }
        Time.SYSTEM.sleep(RETRY_MILLIS);
      }
    }
  }

  /**
   * How many records topics hold, whether committed or not: what a job has done since its last
   * checkpoint shows here first. The marks of transactions count too, so it is for progress only.
   *
   * @throws KafkaException if the broker does not answer
   */
  long appended(int partitions, String... topics) throws InterruptedException {
    try {
      return endsOf(partitions, topics);
    } catch (ExecutionException e) {
      throw new KafkaException("the broker does not tell the ends of " + List.of(topics), e);
    }
  }

  private long endsOf(int partitions, String... topics)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    for (String topic : topics) {
      for (int partition = 0; partition < partitions; partition++) {
        ends.put(new TopicPartition(topic, partition), OffsetSpec.latest());
      }
    }
    return admin.listOffsets(ends).all().get().values().stream()
        .mapToLong(ListOffsetsResultInfo::offset)
        .sum();
  }

  @Override
  public void close() {
    admin.close();
  }
}
