package io.tidemill.model.loader;

import io.tidemill.model.Subject;
import io.tidemill.model.UnavailableHereException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs openings of handles on threads of their own, so that a task can give up what may never end:
 * neither a store's client nor an engine's native code need heed an interrupt.
 *
 * <p>A thread that is left behind is interrupted and counted until it ends; the handle that it may
 * get after all is closed at once.
 *
 * <p>Thread-safe.
 */
final class Openings {
  private final AtomicInteger leftBehind = new AtomicInteger();

  /** What an opening is at, as messages have it. */
  enum Stage {
    SHARE("waiting for another task's load"),
    FETCH("fetch"),
    LOAD("load"),
    WARM_UP("warm-up");

    private final String text;

    Stage(String text) {
      this.text = text;
    }
  }

  /** Opens a handle. */
  interface Opening {
    ModelHandle open(Attempt attempt) throws InterruptedException;
  }

  /** What an opening is at, and whether its task still waits for it. Thread-safe. */
  static final class Attempt {
    private volatile Stage stage = Stage.FETCH;
    private volatile @Nullable Attempt awaited;
    private volatile boolean givenUp;

    void at(Stage next) {
      stage = next;
    }

    /** Waits for what another one loads. */
    void await(Attempt other) {
      awaited = other;
      stage = Stage.SHARE;
    }

    private String text() {
      Attempt other = awaited;
      return stage != Stage.SHARE || other == null
          ? stage.text
          : "%s, which is at %s".formatted(stage.text, other.stage.text);
    }

    boolean givenUp() {
      return givenUp;
    }
  }

  /** Threads that were left behind and have not ended. */
  int leftBehind() {
    return leftBehind.get();
  }

  /**
   * The handle, if it is there in time. Blocks until then.
   *
   * @throws UnavailableHereException if not, with the stage at which it was given up
   */
  ModelHandle open(LoadRequest request, Duration timeout, Opening opening)
      throws InterruptedException {
    Attempt attempt = new Attempt();
    CompletableFuture<ModelHandle> handle = new CompletableFuture<>();
    Thread thread =
        new Thread(() -> complete(handle, opening, attempt), "tidemill-load " + request);
    thread.setDaemon(true);
    thread.start();
    try {
      return handle.get(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw unchecked(e);
    } catch (TimeoutException e) {
      leave(thread, attempt, handle);
      throw new UnavailableHereException(
          Subject.of(request.version()),
          "not ready on %s within its load-timeout of %s, given up at stage '%s'; its thread is left behind. Give the step a longer load-timeout, or find out what holds it up there"
              .formatted(request.placement(), timeout, attempt.text()),
          e);
    } catch (InterruptedException e) {
      leave(thread, attempt, handle);
      throw e;
    }
  }

  private static void complete(
      CompletableFuture<ModelHandle> handle, Opening opening, Attempt attempt) {
    try {
      handle.complete(opening.open(attempt));
    } catch (Throwable e) {
      handle.completeExceptionally(e);
    }
  }

  private void leave(Thread thread, Attempt attempt, CompletableFuture<ModelHandle> handle) {
    attempt.givenUp = true;
    leftBehind.incrementAndGet();
    CompletableFuture<ModelHandle> unused =
        handle.whenComplete(
            (opened, failure) -> {
              // Counted until what it loaded is unloaded.
              try {
                if (opened != null) {
                  opened.close();
                }
              } finally {
                leftBehind.decrementAndGet();
              }
            });
    thread.interrupt();
  }

  /** What another thread threw. */
  static RuntimeException unchecked(ExecutionException failed) {
    Throwable cause = failed.getCause();
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException known ? known : new IllegalStateException(failed);
  }
}
