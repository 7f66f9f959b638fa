package io.tidemill.pipelines.nightly;

import static io.tidemill.pipelines.nightly.NightlyException.Reason.FAILED;

import java.util.List;
import org.apache.flink.core.fs.FileStatus;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a run and the end of a held one do in the same way. For use by one thread. */
final class RunSteps {
  private static final Logger LOG = LoggerFactory.getLogger(RunSteps.class);

  private final DatedJob job;
  private final Surroundings around;
  private final RunAccounts accounts;

  RunSteps(DatedJob job, Surroundings around) {
    this.job = job;
    this.around = around;
    this.accounts = job.accounts();
  }

  /** Ends what runs that died have left: one that was publishing is finished, others go. */
  void clearUp(RunLease lease) {
    for (RunAccount dead : accounts.activeBut(lease.account())) {
      if (goesForward(dead)) {
        Publication.of(job, dead)
            .goOn(
                dead.state() == RunState.RUNNING ? RunState.REPLACING : dead.state(),
                lease::check,
                state -> accounts.write(dead.in(state)));
        accounts.release(dead);
        // When its process ended nobody knows.
        accounts.write(dead.in(RunState.PUBLISHED));
      } else {
        accounts.write(dead.died());
      }
    }
    accounts.held().forEach(accounts::release);
    List<String> held = accounts.held().stream().map(RunAccount::id).toList();
    lease.check();
    for (FileStatus left : job.place().files().list(job.staging())) {
      if (!held.contains(left.getPath().getName())) {
        job.place().files().delete(left.getPath());
      }
    }
    job.table().ifPresent(table -> endBranches(table, lease.account()));
    accounts.forgetOld();
  }

  /** Whether a run is past the point from which it only goes forward: of a table, its commit. */
  private boolean goesForward(RunAccount run) {
    return run.state().publishing()
        || job.table().filter(table -> table.isPublished(run.stagedBy())).isPresent();
  }

  /** Those of runs that have ended, and of no other job. */
  private void endBranches(TableOutput table, RunAccount own) {
    List<String> ended =
        accounts.all().stream()
            .filter(account -> account.state() != RunState.HELD && !account.id().equals(own.id()))
            .map(RunAccount::id)
            .toList();
    table.discard(ended::contains);
  }

  /** Publishes what is staged, and accounts for it. */
  void publish(RunLease lease) {
    job.table().ifPresent(table -> table.publish(lease.account(), job.target(), lease::check));
    lease.say(account -> account.in(RunState.REPLACING));
    Publication.of(job, lease.account())
        .goOn(RunState.REPLACING, lease::check, state -> lease.say(account -> account.in(state)));
    lease.check();
    accounts.release(lease.account());
    try {
      // Before others may begin, who stage there too.
      job.place().files().delete(job.staging());
    } catch (NightlyException stays) {
      LOG.warn("left to the next run: {}", stays.getMessage());
    }
    lease.say(account -> account.ended(RunState.PUBLISHED, null, around.clock().instant()));
  }

  /**
   * Accounts for a failure, but of a run that had nothing to do.
   *
   * @throws NightlyException if what has begun is left to the next run
   */
  void accountFor(RunLease lease, Exception failed) {
    if (lease.withdrawn()) {
      return;
    }
    end(lease, failed);
    if (!lease.lost() && mayGoForward(lease.account(), failed)) {
      throw new NightlyException(
          FAILED,
          "job '%s' for %s: %s; %s"
              .formatted(
                  job.name(),
                  job.date(),
                  said(failed),
                  isWhole(lease.account())
                      ? "readers see all of it, and the next run for this date accounts for it"
                      : "readers see nothing whole of it until the next run for this date, which finishes what has begun"),
          failed);
    }
  }

  private boolean mayGoForward(RunAccount run, Exception failed) {
    try {
      return goesForward(run);
    } catch (RuntimeException notKnown) {
      failed.addSuppressed(notKnown);
      return false;
    }
  }

  private boolean isWhole(RunAccount account) {
    try {
      return new PublishedNow(job)
          .published()
          .filter(there -> there.run().id().equals(account.stagedBy()))
          .isPresent();
    } catch (RuntimeException notKnown) {
      return false;
    }
  }

  /** What is being published stays so, for the next run to finish. */
  private void end(RunLease lease, Exception failure) {
    try {
      if (lease.account().state() == RunState.RUNNING && !goesForward(lease.account())) {
        try {
          // First, as there may be no room for the account otherwise.
          job.place().files().delete(job.predictions().staged());
          job.table().ifPresent(table -> table.discard(job.id()::equals));
        } finally {
          lease.say(
              account -> account.ended(RunState.FAILED, said(failure), around.clock().instant()));
        }
      }
    } catch (RuntimeException again) {
      LOG.warn("its account was not written: {}", again.getMessage());
    }
  }

  private static @Nullable String said(Exception failure) {
    return failure instanceof InterruptedException ? "interrupted" : failure.getMessage();
  }
}
