package io.tidemill.benchmarks;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Variants that are compared, in threads of this process: all are running, one at a time. One that
 * fails leaves the others alone.
 *
 * <p>Where a {@link Contest} gives each its own process, these share one, and with it the seconds
 * that a GPU's library takes to start.
 *
 * <p>Not thread-safe.
 */
final class ThreadContest implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;
  private static final long END_SECONDS = 8;

  private final Map<GpuVariant, Entrant> entrants = new LinkedHashMap<>();
  private final Map<GpuVariant, String> failures = new LinkedHashMap<>();
  private final ExecutorService threads = Executors.newCachedThreadPool(ThreadContest::daemon);

  /** What a variant does until it has no more turns. */
  interface Entry {
    void measure(Turns turns) throws Exception;
  }

  /** What a variant's thread says: {@code ready}, the measurement of a turn, or how it ended. */
  private record Word(Optional<Measurement> measurement, Optional<String> end) {}

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "contest");
    thread.setDaemon(true);
    return thread;
  }

  /** Starts a variant and waits until it has warmed up, or has failed. */
  void enter(GpuVariant variant, Duration warmUp, Entry entry) throws InterruptedException {
    Entrant entrant = new Entrant(warmUp);
    threads.execute(() -> entrant.run(entry));
    if (heard(variant, entrant) != null) {
      entrants.put(variant, entrant);
    }
  }

  /**
   * One turn of each that has not failed.
   *
   * @param settle from the beginning of a turn until counting begins
   */
  Map<GpuVariant, Measurement> lap(Duration settle, Duration turn) throws InterruptedException {
    Map<GpuVariant, Measurement> lap = new LinkedHashMap<>();
    for (Map.Entry<GpuVariant, Entrant> one : List.copyOf(entrants.entrySet())) {
      one.getValue().settle = settle;
      one.getValue().turns.add(Optional.of(turn));
      Word word = heard(one.getKey(), one.getValue());
      if (word == null) {
        entrants.remove(one.getKey());
      } else if (!word.measurement().orElseThrow().values().isEmpty()) {
        lap.put(one.getKey(), word.measurement().orElseThrow());
      }
    }
    return lap;
  }

  /** Those that failed, and why. */
  Map<GpuVariant, String> failures() {
    return failures;
  }

  private @Nullable Word heard(GpuVariant variant, Entrant entrant) throws InterruptedException {
    Word word = entrant.words.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (word == null || word.end().isPresent()) {
      failures.put(variant, word == null ? "silent for 60 s" : word.end().orElseThrow());
      return null;
    }
    return word;
  }

  @Override
  public void close() throws InterruptedException {
    entrants.values().forEach(entrant -> entrant.turns.add(Optional.empty()));
    threads.shutdown();
    if (!threads.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
      threads.shutdownNow();
    }
  }

  /** A variant's thread and what is said between it and the contest. */
  private static final class Entrant implements Turns {
    private final Duration warmUp;
    private final BlockingQueue<Optional<Duration>> turns = new LinkedBlockingQueue<>();
    private final BlockingQueue<Word> words = new LinkedBlockingQueue<>();
    private volatile Duration settle = SETTLE;
    private boolean ready;

    Entrant(Duration warmUp) {
      this.warmUp = requireNonNull(warmUp, "warmUp");
    }

    void run(Entry entry) {
      try {
        entry.measure(this);
        words.add(new Word(Optional.empty(), Optional.of("ended")));
      } catch (Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
          cause = cause.getCause();
        }
        words.add(new Word(Optional.empty(), Optional.of(String.valueOf(cause.getMessage()))));
      }
    }

    @Override
    public Duration warmUp() {
      return warmUp;
    }

    @Override
    public Duration settle() {
      return settle;
    }

    @Override
    public Optional<Duration> next() throws InterruptedException {
      if (!ready) {
        ready = true;
        words.add(new Word(Optional.empty(), Optional.empty()));
      }
      return turns.take();
    }

    @Override
    public void end(Measurement measurement) {
      words.add(new Word(Optional.of(measurement), Optional.empty()));
    }
  }
}
