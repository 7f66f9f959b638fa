package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.CheckpointPlan;
import java.time.Duration;
import java.util.List;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.table.data.RowData;

/** What every sink that is a topic has in common, whatever it writes. Immutable. */
record TopicSink(KafkaOptions options, SinkSettings settings) {
  /** Why a topic that the source reads is refused. */
  static final String READ = "read by the source of the same job, which would never end";

  private static final String POOLING_DOES =
      "hides results for that long after a restore at smaller parallelism, FLINK-40626";

  /** One line for a plan: how often a failure shows a record here. */
  String guarantee() {
    return switch (settings.guarantee()) {
      case EXACTLY_ONCE ->
          "exactly once for consumers that read committed, visible after each checkpoint"
              + " (transactional ids %s-*, %s, transaction.timeout.ms %d; %s)"
                  .formatted(
                      settings.transactionalIdPrefix(),
                      settings.naming(),
                      settings.transactionTimeout().toMillis(),
                      settings.naming() == TransactionNamingStrategy.POOLING
                          ? "it " + POOLING_DOES
                          : "POOLING " + POOLING_DOES);
      case AT_LEAST_ONCE -> "at least once: a failure may show a record twice";
      case NONE -> "none: a failure may lose records or show them twice";
    };
  }

  boolean exactlyOnce() {
    return settings.guarantee() == DeliveryGuarantee.EXACTLY_ONCE;
  }

  List<Problem<OptionKey>> problemsWith(CheckpointPlan checkpoints) {
    return new TransactionCheck(options.options().place(), settings).problemsWith(checkpoints);
  }

  /**
   * A broker that does not answer, a topic that is not there and that the broker does not make when
   * it is written, or transactions longer than the broker allows.
   */
  List<Problem<OptionKey>> obstacles(Duration limit) {
    Broker broker = new Broker(options);
    try {
      List<Problem<OptionKey>> missing = broker.missingForGood(List.of(settings.topic()), limit);
      return missing.isEmpty() && exactlyOnce() ? tooLong(broker, limit) : missing;
    } catch (Broker.UnansweredException e) {
      return List.of(broker.unreachable(e));
    }
  }

  private List<Problem<OptionKey>> tooLong(Broker broker, Duration limit) {
    return broker
        .longestTransaction(limit)
        .filter(longest -> settings.transactionTimeout().compareTo(longest) > 0)
        .map(
            longest ->
                broker.problem(
                    SinkSettings.TRANSACTION_TIMEOUT,
                    "%d (expected: <= %d, transaction.max.timeout.ms of the broker at %s; raise it in the broker's server.properties, or lower this)"
                        .formatted(
                            settings.transactionTimeout().toMillis(),
                            longest.toMillis(),
                            broker.servers())))
        .stream()
        .toList();
  }

  /** As {@link io.tidemill.connectors.record.RecordSink#openElsewhere}. */
  List<Problem<OptionKey>> openElsewhere(Duration limit, boolean written) {
    if (!exactlyOnce()) {
      return List.of();
    }
    Broker broker = new Broker(options);
    String prefix = settings.transactionalIdPrefix();
    try {
      List<String> others =
          settings.naming() == TransactionNamingStrategy.POOLING
              ? broker.transactionsOfOthers(prefix, settings.topic(), limit)
              : List.of();
      if (!others.isEmpty()) {
        return List.of(
            broker.problem(
                KafkaConnectorOptions.TRANSACTIONAL_ID_PREFIX.key(),
                "'%s' begins '%s', of another that writes topic '%s' now, which naming strategy POOLING would end (expected: a prefix that begins no other's)"
                    .formatted(prefix, others.get(0), settings.topic())));
      }
      if (written) {
        long live = broker.writtenTransactions(prefix, limit);
        return live == 0
            ? List.of()
            : List.of(
                broker.problem(
                    KafkaConnectorOptions.TRANSACTIONAL_ID_PREFIX.key(),
                    "'%s' has %d transactions that another process writes now (expected: one run of a job at a time; stop the other, or give the job another name; --fresh ends them)"
                        .formatted(prefix, live)));
      }
      long open = broker.openTransactions(prefix, limit);
      return open == 0
          ? List.of()
          : List.of(
              broker.problem(
                  KafkaConnectorOptions.TRANSACTIONAL_ID_PREFIX.key(),
                  "'%s' has %d open transactions, and nothing is kept here of the run that opened them (expected: one run of a job at a time; stop the other, or wait until the transactions of one that died end, %d s at most, or give the job another name; --fresh ends them)"
                      .formatted(prefix, open, settings.transactionTimeout().toSeconds())));
    } catch (Broker.UnansweredException mayNotTell) {
      return List.of();
    }
  }

  void attach(
      DataStream<RowData> rows, KafkaRecordSerializationSchema<RowData> encoder, String uidPrefix) {
    DataStreamSink<RowData> sink =
        rows.sinkTo(settings.sink(encoder, new Broker(options))).name(uidPrefix).uid(uidPrefix);
    settings.parallelism().ifPresent(sink::setParallelism);
  }
}
