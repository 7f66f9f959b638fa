package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.problem.Problems;
import io.tidemill.connectors.record.CheckpointPlan;
import java.time.Duration;
import java.util.List;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;

/**
 * Proves when a job is planned that its transactions live until they are committed. A transaction
 * that the broker ends first is lost with all records in it. Immutable.
 *
 * @param part whose options the settings were read from
 */
record TransactionCheck(String part, SinkSettings settings) {
  /** What a broker allows unless its {@code transaction.max.timeout.ms} says otherwise. */
  static final Duration BROKER_MAXIMUM = Duration.ofMinutes(15);

  /** For the checkpoint itself and the commit after it. */
  static final Duration ALLOWANCE = Duration.ofSeconds(30);

  List<Problem<OptionKey>> problemsWith(CheckpointPlan checkpoints) {
    Problems<OptionKey> problems = new Problems<>();
    if (settings.guarantee() != DeliveryGuarantee.EXACTLY_ONCE) {
      return problems.all();
    }
    OptionKey timeoutKey = new OptionKey(part, SinkSettings.TRANSACTION_TIMEOUT);
    Duration timeout = settings.transactionTimeout();
    if (timeout.compareTo(BROKER_MAXIMUM) > 0) {
      problems.add(
          timeoutKey,
          "%d (expected: <= %d, the maximum that a broker allows)",
          timeout.toMillis(),
          BROKER_MAXIMUM.toMillis());
    }
    if (checkpoints.batch()) {
      return problems.all();
    }
    if (checkpoints.interval().isEmpty()) {
      problems.add(
          new OptionKey(part, KafkaConnectorOptions.DELIVERY_GUARANTEE.key()),
          "exactly-once with checkpoints off (expected: checkpoints, since only they commit; set"
              + " execution.checkpointing.interval, or at-least-once here)");
      return problems.all();
    }
    Duration interval = checkpoints.interval().get();
    Duration needed = interval.plus(checkpoints.longestRestart()).plus(ALLOWANCE);
    if (timeout.compareTo(needed) <= 0) {
      problems.add(
          timeoutKey,
          "%d (expected: > %d, the sum of execution.checkpointing.interval %d, the longest restart"
              + " %d and %d for the commit; %sshorten the interval)",
          timeout.toMillis(),
          needed.toMillis(),
          interval.toMillis(),
          checkpoints.longestRestart().toMillis(),
          ALLOWANCE.toMillis(),
          needed.compareTo(BROKER_MAXIMUM) < 0 ? "raise it, or " : "");
    }
    return problems.all();
  }
}
