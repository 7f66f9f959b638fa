package io.tidemill.pipelines.nightly;

import java.util.Objects;
import java.util.Optional;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/** A run that a gate did not let through, of which a person makes an end. For use by one thread. */
public final class HeldRun {
  private final DatedJob job;
  private final RunAccount held;
  private final Surroundings around;
  private final RunSteps steps;
  private final PublishedNow published;

  /**
   * One that is held.
   *
   * @param job for the date of the run
   */
  public HeldRun(DatedJob job, RunAccount held, Surroundings around) {
    this.job = job;
    this.held = held;
    this.around = around;
    this.steps = new RunSteps(job, around);
    this.published = new PublishedNow(job);
  }

  /**
   * Publishes what it made, as a run that takes the right to it and goes the same way as any.
   * Blocks until readers see all of it, or what they saw before.
   *
   * @return the account of what has published it
   * @throws NightlyException if nothing is published, or not all of it yet
   */
  public RunAccount publish() throws InterruptedException {
    try (RunLease lease = take("publishes run %d, which was held")) {
      try {
        RunAccount now = clearUp(lease);
        if (now.state() == RunState.PUBLISHED) {
          // By a process that died meanwhile, whose work was finished just now.
          lease.withdraw();
          return now;
        }
        refuseOther(now);
        refuseChanges();
        steps.publish(lease);
        return lease.account();
      } catch (RuntimeException failed) {
        steps.accountFor(lease, failed);
        throw failed;
      }
    }
  }

  /**
   * Throws away what it made.
   *
   * @return its account
   * @throws NightlyException if it is held no more
   */
  public RunAccount discard() throws InterruptedException {
    try (RunLease lease = take("discards run %d, which was held")) {
      try {
        RunAccount now = clearUp(lease);
        refuseOther(now);
        RunAccount discarded = now.released(RunState.DISCARDED, "discarded by hand");
        job.accounts().write(discarded);
        job.place().files().delete(new Path(job.staging(), held.id()));
        job.table().ifPresent(table -> table.discard(held.id()::equals));
        lease.withdraw();
        return discarded;
      } catch (RuntimeException failed) {
        steps.accountFor(lease, failed);
        throw failed;
      }
    }
  }

  private RunLease take(String why) throws InterruptedException {
    RunAccount draft = held.followedBy(job, why.formatted(held.run()), around);
    return RunLease.take(job.accounts(), draft, around.lives(), around.pause());
  }

  /** What has become of it, once what others have left is cleared up. */
  private RunAccount clearUp(RunLease lease) {
    steps.clearUp(lease);
    return job.accounts().written(held).orElse(held);
  }

  private void refuseOther(RunAccount now) {
    if (now.state() != RunState.HELD) {
      throw refused("is held no more: %s".formatted(now.message()));
    }
  }

  /** What it takes the place of, and what it made, must be as they were. */
  private void refuseChanges() {
    published.refuseDeadLettersElsewhere();
    published.refuseFilesOfNobody();
    Optional<Published> there = published.published();
    RunChecks checks = held.checks();
    @Nullable String before = checks == null ? null : checks.before();
    boolean same =
        Objects.equals(before, there.map(seen -> seen.run().id()).orElse(null))
            && there.filter(seen -> !published.isAsPublished(seen)).isEmpty();
    if (!same) {
      throw refused(
          "was held over other files than are in '%s' now (expected: nobody else changes them; run again with --force)"
              .formatted(job.target()));
    }
    for (PublishedFolder folder : job.folders(held)) {
      boolean whole =
          Published.in(folder.files(), folder.staged())
              .filter(made -> made.files().equals(job.made(held.id(), folder)))
              .isPresent();
      if (!whole) {
        throw refused(
            "has not all of its files in '%s' (expected: as it left them; run again with --force)"
                .formatted(folder.staged()));
      }
    }
  }

  private NightlyException refused(String message) {
    return NightlyException.failed(job, "run %d %s", held.run(), message);
  }
}
