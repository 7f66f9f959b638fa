package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.OptionProblem;
import io.tidemill.connectors.record.CheckpointPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;

/**
 * Proves when a job is planned that its transactions live until they are committed. A transaction
 * that the broker ends first is lost with all records in it. Stateless.
 */
final class TransactionCheck {
  /** What a broker allows unless its {@code transaction.max.timeout.ms} says otherwise. */
  static final Duration BROKER_MAXIMUM = Duration.ofMinutes(15);

  /** For the checkpoint itself and the commit after it. */
  static final Duration ALLOWANCE = Duration.ofSeconds(30);

  private TransactionCheck() {}

  static List<OptionProblem> problems(
      String place, SinkSettings settings, CheckpointPlan checkpoints) {
    List<OptionProblem> problems = new ArrayList<>();
    if (settings.guarantee() != DeliveryGuarantee.EXACTLY_ONCE) {
      return problems;
    }
    Duration timeout = settings.transactionTimeout();
    if (timeout.compareTo(BROKER_MAXIMUM) > 0) {
      problems.add(
          new OptionProblem(
              place,
              SinkSettings.TRANSACTION_TIMEOUT,
              timeout.toMillis()
                  + " (expected: <= "
                  + BROKER_MAXIMUM.toMillis()
                  + ", the maximum that a broker allows)"));
    }
    if (checkpoints.batch()) {
      return problems;
    }
    if (checkpoints.interval().isEmpty()) {
      problems.add(
          new OptionProblem(
              place,
              KafkaConnectorOptions.DELIVERY_GUARANTEE.key(),
              "exactly-once with checkpoints off (expected: checkpoints, since only they commit;"
                  + " set execution.checkpointing.interval, or at-least-once here)"));
      return problems;
    }
    Duration interval = checkpoints.interval().get();
    Duration needed = interval.plus(checkpoints.longestRestart()).plus(ALLOWANCE);
    if (timeout.compareTo(needed) <= 0) {
      problems.add(
          new OptionProblem(
              place,
              SinkSettings.TRANSACTION_TIMEOUT,
              timeout.toMillis()
                  + " (expected: > "
                  + needed.toMillis()
                  + ", the sum of execution.checkpointing.interval "
                  + interval.toMillis()
                  + ", the longest restart "
                  + checkpoints.longestRestart().toMillis()
                  + " and "
                  + ALLOWANCE.toMillis()
                  + " for the commit; "
                  + (needed.compareTo(BROKER_MAXIMUM) < 0
                      ? "raise it, or shorten the interval)"
                      : "shorten the interval)")));
    }
    return problems;
  }
}
