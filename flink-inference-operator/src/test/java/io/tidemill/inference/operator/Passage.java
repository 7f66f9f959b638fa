package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource.NumberSequenceSplit;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiter;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.jspecify.annotations.Nullable;

/**
 * Lets the records of one source into a job as a test of this JVM says, and counts those that leave
 * the job.
 *
 * <p>Thread-safe.
 */
public record Passage(long id) implements RateLimiterStrategy<NumberSequenceSplit> {
  private static final long serialVersionUID = 1L;
  private static final AtomicLong NEXT = new AtomicLong();
  private static final Map<Long, Count> COUNTS = new ConcurrentHashMap<>();

  /** Thread-safe. */
  private static final class Count {
    private int allowed;
    private int asked;
    private int left;
    private @Nullable CompletableFuture<Void> waiting;

    private synchronized CompletionStage<Void> ask() {
      CompletableFuture<Void> answer = new CompletableFuture<>();
      if (++asked <= allowed) {
        answer.complete(null);
      } else {
        waiting = answer;
        notifyAll();
      }
      return answer;
    }

    private synchronized void allow(int records) {
      allowed += records;
      CompletableFuture<Void> next = waiting;
      if (next != null) {
        waiting = null;
        next.complete(null);
      }
    }

    private synchronized void leave() {
      left++;
      notifyAll();
    }

    private synchronized void awaitRead() throws InterruptedException {
      while (waiting == null || asked <= allowed) {
        wait();
      }
    }

    private synchronized void awaitLeft(int records) throws InterruptedException {
      while (left < records) {
        wait();
      }
    }
  }

  /** Lets no record in yet. */
  public static Passage closed() {
    long id = NEXT.getAndIncrement();
    COUNTS.put(id, new Count());
    return new Passage(id);
  }

  /** Lets so many records more in, and waits until the source has sent them on. */
  public void let(int records) throws InterruptedException {
    count().allow(records);
    count().awaitRead();
  }

  /** Waits until so many records have left the job. */
  public void awaitLeft(int records) throws InterruptedException {
    count().awaitLeft(records);
  }

  /** Called for each record that leaves the job. */
  public void leave() {
    count().leave();
  }

  @Override
  public RateLimiter<NumberSequenceSplit> createRateLimiter(int parallelism) {
    Count count = count();
    return records -> count.ask();
  }

  private Count count() {
    return requireNonNull(COUNTS.get(id), "a passage of this JVM");
  }
}
