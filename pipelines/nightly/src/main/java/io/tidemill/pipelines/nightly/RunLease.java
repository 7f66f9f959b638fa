package io.tidemill.pipelines.nightly;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right of one run at a time to publish to a place, held by its account.
 *
 * <p>A run writes an account of a name that nobody else writes and looks at all others: alone, it
 * holds the right, as whoever comes later sees it. Of several that come at once the one with the
 * lowest name stays, and the others withdraw. A holder that has died is one whose process this
 * machine knows to be gone, or whose beat does not change for a minute while this one watches, so
 * that clocks need not agree. A holder that was taken for dead finds its account gone or a higher
 * number beside it, and publishes nothing.
 *
 * <p>Thread-safe.
 */
final class RunLease implements AutoCloseable {
  static final Duration BEAT = Duration.ofSeconds(10);

  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final int LOOKS_AT_BEAT = 60;
  private static final Duration RIVAL_LOOK = Duration.ofMillis(50);
  private static final int LOOKS_AT_RIVALS = 40;

  private static final Logger LOG = LoggerFactory.getLogger(RunLease.class);

  private final RunAccounts accounts;
  private final ScheduledExecutorService beats;
  private final ScheduledFuture<?> beating;
  private RunAccount account;
  private boolean withdrawn;
  private volatile boolean lost;

  private RunLease(RunAccounts accounts, RunAccount account) {
    this.accounts = accounts;
    this.account = account;
    this.beats =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "tidemill-run-beat");
              thread.setDaemon(true);
              return thread;
            });
    this.beating =
        beats.scheduleWithFixedDelay(
            this::beat, BEAT.toMillis(), BEAT.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Takes it.
   *
   * @param draft the account of the run but for its number
   * @param lives whether the owner of another account runs, where that can be told at once
   * @throws NightlyException if another run holds it
   */
  static RunLease take(
      RunAccounts accounts, RunAccount draft, Function<Owner, Optional<Boolean>> lives, Pause pause)
      throws InterruptedException {
    while (true) {
      // Before the look at others: who comes after it stays as high as this one, and not behind.
      int number = accounts.newestBut(draft) + 1;
      Set<String> dead = new HashSet<>();
      for (RunAccount other : accounts.activeBut(draft)) {
        if (isAlive(accounts, other, lives, pause)) {
          throw taken(other);
        }
        dead.add(other.id());
      }
      RunAccount own = draft.numbered(number);
      try {
        accounts.write(own);
        outlast(accounts, own, dead, pause);
        if (accounts.newestBut(own) < own.run()) {
          return new RunLease(accounts, own);
        }
      } catch (RuntimeException | InterruptedException withdraws) {
        delete(accounts, own, withdraws);
        throw withdraws;
      }
      // Another came and went meanwhile, and has the number.
      accounts.delete(own);
    }
  }

  private static void delete(RunAccounts accounts, RunAccount own, Exception failed) {
    try {
      accounts.delete(own);
    } catch (NightlyException stays) {
      failed.addSuppressed(stays);
    }
  }

  private static boolean isAlive(
      RunAccounts accounts, RunAccount other, Function<Owner, Optional<Boolean>> lives, Pause pause)
      throws InterruptedException {
    Optional<Boolean> known = lives.apply(other.owner());
    for (int look = 0; known.isEmpty() && look < LOOKS_AT_BEAT; look++) {
      pause.pause(LOOK);
      Optional<RunAccount> now = accounts.written(other);
      boolean ended = now.filter(account -> account.state().active()).isEmpty();
      if (ended || now.get().beat() != other.beat()) {
        known = Optional.of(!ended);
      }
    }
    return known.orElse(false);
  }

  /** Waits until those that came at the same time have withdrawn, or fails. */
  private static void outlast(RunAccounts accounts, RunAccount own, Set<String> dead, Pause pause)
      throws InterruptedException {
    for (int look = 0; ; look++) {
      List<RunAccount> rivals =
          accounts.activeBut(own).stream().filter(rival -> !dead.contains(rival.id())).toList();
      if (rivals.isEmpty()) {
        return;
      }
      boolean behind = rivals.get(0).name().compareTo(own.name()) < 0;
      if (behind || look == LOOKS_AT_RIVALS) {
        throw taken(rivals.get(0));
      }
      pause.pause(RIVAL_LOOK);
    }
  }

  private static NightlyException taken(RunAccount holder) {
    return new NightlyException(
        NightlyException.Reason.TAKEN,
        "'%s': another run publishes there: %s (expected: one run at a time; wait for it, or end its process)"
            .formatted(holder.target(), holder.described()));
  }

  /** The account as it was last written. */
  synchronized RunAccount account() {
    return account;
  }

  /** Writes what has become of the run, if the right is still its own. */
  synchronized RunAccount say(UnaryOperator<RunAccount> change) {
    check();
    RunAccount next = change.apply(account);
    accounts.write(next);
    account = next;
    return next;
  }

  /** Takes the account back, of a run that had nothing to do. */
  synchronized void withdraw() {
    beating.cancel(false);
    accounts.delete(account);
    withdrawn = true;
  }

  /** Whether its account was taken back. */
  synchronized boolean withdrawn() {
    return withdrawn;
  }

  /**
   * Fails if the right is lost.
   *
   * @throws NightlyException if another run was given it meanwhile
   */
  synchronized void check() {
    // One that had nothing to do has left no number, but has said that this one died.
    boolean own =
        accounts.written(account).filter(now -> now.state() == account.state()).isPresent();
    if (!own || accounts.newestBut(account) > account.run()) {
      lost = true;
    }
    if (lost) {
      throw new NightlyException(
          NightlyException.Reason.TAKEN,
          "'%s': %s was taken for dead, and another run has its place, or its account was taken away; it publishes nothing"
              .formatted(account.target(), account.described()));
    }
  }

  /** Whether another run was given the right, as far as was last seen. Waits for nothing. */
  boolean lost() {
    return lost;
  }

  /** Says that the run lives. */
  synchronized void beat() {
    try {
      if (!beating.isCancelled()) {
        say(RunAccount::beaten);
      }
    } catch (RuntimeException notNow) {
      LOG.warn("{}: {}", account.name(), notNow.getMessage());
    }
  }

  @Override
  public synchronized void close() {
    beating.cancel(false);
    beats.shutdown();
  }
}
