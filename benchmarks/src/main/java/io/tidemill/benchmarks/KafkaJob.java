package io.tidemill.benchmarks;

import java.nio.file.Path;

/**
 * A job from one topic to another.
 *
 * @param name of the job and its transactions
 * @param store of the models
 * @param folder of its own, for all that it writes
 */
record KafkaJob(
    String name, String bootstrapServers, String from, String to, Path store, Path folder) {
  static final int PARALLELISM = 2;
  static final int CHECKPOINT_MILLIS = 1_000;
}
