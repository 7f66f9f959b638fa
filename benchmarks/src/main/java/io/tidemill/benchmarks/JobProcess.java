package io.tidemill.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.IsolationLevel;

/** Runs a job in its process and watches the topic that it writes. */
record JobProcess(KafkaVariant variant, KafkaJob job, int records) {
  private static final int POLL_MILLIS = 50;
  private static final long PATIENCE_SECONDS = 900;
  private static final double NANOS = 1e9;
  private static final double WARM = 0.25;

  /**
   * Blocks until the process has ended.
   *
   * @param options for its JVM
   * @throws IllegalStateException with what it printed, if it failed or did not commit everything
   */
  KafkaTurn run(List<String> options) throws IOException, InterruptedException, ExecutionException {
    Path log = job.folder().resolve("job.log");
    ProcessBuilder builder = variant.process(job, options);
    try (TopicEnd topic =
        TopicEnd.create(job.bootstrapServers(), job.to(), BrokerProcess.PARTITIONS)) {
      long startNanos = System.nanoTime();
      Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
      try {
        WatchedOutput output = new WatchedOutput(log, variant.stages(), startNanos);
        KafkaTurn turn = watch(process, topic, output, startNanos);
        if (process.exitValue() != 0 || topic.written(IsolationLevel.READ_COMMITTED) < records) {
          throw failure("exit code " + process.exitValue(), log);
        }
        return turn;
      } catch (IllegalThreadStateException late) {
        throw failure("not done after " + PATIENCE_SECONDS + " s", log);
      } finally {
        process.destroyForcibly();
      }
    }
  }

  private KafkaTurn watch(Process process, TopicEnd topic, WatchedOutput output, long startNanos)
      throws IOException, InterruptedException, ExecutionException {
    WatchedProcess watched = new WatchedProcess(process.pid());
    Mark first = null;
    Mark warm = null;
    Mark last = null;
    boolean ended = false;
    while (!ended && System.nanoTime() - startNanos < TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
      ended = process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
      watched.look();
      output.look();
      Mark now = last == null ? mark(topic) : last;
      first = first == null && now.written() > 0 ? now : first;
      warm = warm == null && now.written() >= records * WARM ? now : warm;
      last = last == null && now.written() >= records ? now : last;
    }
    long endNanos = System.nanoTime();
    if (first == null || warm == null || last == null) {
      // Whatever it was, the caller sees that not everything was committed.
      Mark none = new Mark(0, endNanos, Instant.now());
      first = none;
      warm = none;
      last = none;
    }
    double warmNanos = Math.max(last.nanos() - warm.nanos(), TimeUnit.MILLISECONDS.toNanos(1));
    return new KafkaTurn(
        (endNanos - startNanos) / NANOS,
        (first.nanos() - startNanos) / NANOS,
        output.seconds(),
        Math.max(1, last.written() - warm.written()) / warmNanos * NANOS,
        (endNanos - last.nanos()) / NANOS,
        watched.peakBytes(),
        watched.threadSeconds().values().stream().mapToDouble(Double::doubleValue).sum(),
        watched.threadSeconds(),
        first.instant(),
        last.instant());
  }

  private record Mark(long written, long nanos, Instant instant) {}

  private static Mark mark(TopicEnd topic) throws InterruptedException, ExecutionException {
    long written = topic.written(IsolationLevel.READ_UNCOMMITTED);
    return new Mark(written, System.nanoTime(), Instant.now());
  }

  private IllegalStateException failure(String what, Path log) throws IOException {
    return new IllegalStateException(
        "job '%s': %s (expected: 0, and %d records committed); it printed:%n%s"
            .formatted(variant.name(), what, records, Files.readString(log)));
  }
}
