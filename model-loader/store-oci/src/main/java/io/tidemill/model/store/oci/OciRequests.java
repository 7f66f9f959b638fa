package io.tidemill.model.store.oci;

import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.store.Deadline;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests to one registry. HTTP waits for an answer without a bound, so each runs on a thread of
 * its own and is given up at a deadline. What is not there is empty. A registry that fails is asked
 * again a few times, and one that finds the request bad as well: docker-registry answers both while
 * another client writes the same tag or the same content. One that is busy, as when a whole cluster
 * starts, is asked for minutes, not before it wants to be, and by no two clients at once. Every
 * other refusal is the store's.
 *
 * <p>Thread-safe.
 */
final class OciRequests {
  private static final Logger LOG = LoggerFactory.getLogger(OciRequests.class);

  private static final int BAD_REQUEST = 400;
  private static final int UNAUTHORIZED = 401;
  private static final int NOT_FOUND = 404;
  private static final int SERVER_FAILS = 500;
  private static final int ATTEMPTS = 6;
  private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(25).toNanos();

  /** After so many attempts the pause grows no longer, at 3.2 s. */
  private static final int MOST_DOUBLINGS = 7;

  /** As long as a thousand machines take to read through one that takes a few at once. */
  private static final Duration BUSY = Duration.ofMinutes(4);

  /** As long as the client itself waits for a connection. */
  private static final Duration ANSWER = Duration.ofSeconds(60);

  /** Slower than any line over which a model is worth sending: a bound, not an expectation. */
  private static final long SLOWEST_BYTES_PER_SECOND = 64 << 10;

  private static final long NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();

  private final String store;
  private final Duration answer;
  private final Deadline bound;

  /** Whether the user knows that it is busy. */
  private final AtomicBoolean told;

  /** Threads end when they are idle for a minute, and never keep the process alive. */
  private final ExecutorService threads;

  OciRequests(String store) {
    this(store, ANSWER);
  }

  OciRequests(String store, Duration answer) {
    this(
        store,
        answer,
        Deadline.NONE,
        new AtomicBoolean(),
        Executors.newCachedThreadPool(
            work -> {
              Thread thread = new Thread(work, "tidemill-oci");
              thread.setDaemon(true);
              return thread;
            }));
  }

  private OciRequests(
      String store, Duration answer, Deadline bound, AtomicBoolean told, ExecutorService threads) {
    this.store = store;
    this.answer = answer;
    this.bound = bound;
    this.told = told;
    this.threads = threads;
  }

  /** The same requests, none of which goes on after a deadline. */
  OciRequests until(Deadline deadline) {
    return new OciRequests(store, answer, bound.or(deadline), told, threads);
  }

  /** What the client itself may run on. */
  ExecutorService threads() {
    return threads;
  }

  /** Runs a small request; empty if what it asks for is not there. */
  <T> Optional<T> ask(String what, Callable<T> request) {
    return run(what, answer, request);
  }

  /** Runs a request that sends bytes. */
  <T> Optional<T> send(String what, long bytes, Callable<T> request) {
    return run(what, answer.plusSeconds(bytes / SLOWEST_BYTES_PER_SECOND), request);
  }

  private <T> Optional<T> run(String what, Duration limit, Callable<T> request) {
    long begunNanos = System.nanoTime();
    Deadline deadline = Deadline.in(limit);
    int failures = 0;
    int refusals = 0;
    while (true) {
      try {
        return Optional.of(await(what, deadline, request));
      } catch (RegistryException e) {
        if (e.status() == NOT_FOUND) {
          return Optional.empty();
        }
        // Apart: neither takes the attempts, or the short pauses, of the other.
        int attempt = e.busy() ? ++refusals : ++failures;
        Duration pause = pause(e, attempt, ThreadLocalRandom.current().nextDouble());
        boolean inTime = System.nanoTime() - begunNanos + pause.toNanos() < BUSY.toNanos();
        if (e.busy() ? !inTime : !mayPass(e.status()) || attempt == ATTEMPTS) {
          throw unavailable(what, reason(e), e);
        }
        if (Deadline.in(pause).or(bound).equals(bound)) {
          throw unavailable(what, reason(e) + ", and no time left to ask again", e);
        }
        if (e.busy() && !told.getAndSet(true)) {
          LOG.warn(
              "store '{}': busy, cannot {} yet ({}); it is asked again, each time for at most {} minutes",
              store,
              what,
              reason(e),
              BUSY.toMinutes());
        }
        LockSupport.parkNanos(pause.toNanos());
        if (e.busy()) {
          // It did answer.
          deadline = Deadline.in(limit);
        }
      } catch (IOException e) {
        throw unavailable(what, e.toString(), e);
      }
    }
  }

  /**
   * How long to leave it alone: as long as it says, and a part of a pause that doubles, so that
   * those whom it refused together do not come back together.
   *
   * @param jitter a random number from 0 to 1
   */
  static Duration pause(RegistryException refusal, int attempt, double jitter) {
    long longest = FIRST_PAUSE_NANOS << Math.min(attempt, MOST_DOUBLINGS);
    return refusal.retryAfter().isZero()
        ? Duration.ofNanos((long) (longest * (0.5 + jitter / 2)))
        : refusal.retryAfter().plusNanos((long) (longest * jitter));
  }

  private static boolean mayPass(int status) {
    return status == BAD_REQUEST || status >= SERVER_FAILS;
  }

  private static String reason(RegistryException e) {
    return e.status() == UNAUTHORIZED
        ? "401: no credentials, or wrong ones"
        : String.valueOf(e.getMessage());
  }

  private <T> T await(String what, Deadline deadline, Callable<T> request) throws IOException {
    if (bound.passed()) {
      throw new IOException("the time for it is over");
    }
    Future<T> answered = threads.submit(request);
    try {
      long leftNanos = deadline.or(bound).atNanos() - System.nanoTime();
      return answered.get(Math.max(0, leftNanos), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      answered.cancel(true);
      throw unavailable(what, "no answer in time", e);
    } catch (InterruptedException e) {
      answered.cancel(true);
      Thread.currentThread().interrupt();
      throw unavailable(what, "interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException("store '%s': cannot %s".formatted(store, what), e);
    }
  }

  private StoreUnavailableException unavailable(String what, String reason, Exception cause) {
    return new StoreUnavailableException(
        "store '%s': cannot %s (%s); check that it is reachable and that the credentials of 'docker login' allow this"
            .formatted(store, what, reason),
        cause);
  }

  /**
   * A stream that is given up where nothing comes in time, or less than the slowest line brings.
   */
  InputStream bounded(String what, InputStream in) {
    return new FilterInputStream(in) {
      private long patienceNanos = answer.toNanos();

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        long begunNanos = System.nanoTime();
        Deadline deadline = new Deadline(begunNanos + patienceNanos);
        int count = await(what, deadline, () -> super.read(buffer, offset, length));
        long earnedNanos = Math.max(0, count) * NANOS_PER_SECOND / SLOWEST_BYTES_PER_SECOND;
        long leftNanos = patienceNanos + earnedNanos - (System.nanoTime() - begunNanos);
        patienceNanos = Math.min(answer.toNanos(), leftNanos);
        return count;
      }
    };
  }
}
