package io.tidemill.pipelines.nightly;

import static io.tidemill.pipelines.nightly.NightlyException.Reason.HELD;

import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.pipelines.compose.FieldSketch;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.ErrorsDefinition;
import io.tidemill.pipelines.definition.GatesDefinition;
import io.tidemill.pipelines.definition.GatesDefinition.OnFail;
import io.tidemill.pipelines.run.RunFigures;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;

/**
 * One run of a job for a date: it publishes all of its results, or nothing. For use by one thread.
 */
public final class NightlyRun {
  private static final int TOP_CAUSES = 3;
  private static final String HELD_MESSAGE =
      "job '%s' for %s: run %d is held, and readers see what they saw before: %s; 'tidemill runs publish' publishes it as it is, 'tidemill runs discard' throws it away, --force runs again";

  private final DatedJob job;
  private final List<ModelUse> models;
  private final List<RecordSchema.Column> read;
  private final List<RecordSchema.Column> columns;
  private final Surroundings around;
  private final RunAccounts accounts;
  private final RunSteps steps;
  private final PublishedNow there;

  NightlyRun(
      DatedJob job,
      List<ModelUse> models,
      List<RecordSchema.Column> read,
      List<RecordSchema.Column> columns,
      Surroundings around) {
    this.read = List.copyOf(read);
    this.job = job;
    this.models = List.copyOf(models);
    this.columns = List.copyOf(columns);
    this.around = around;
    this.accounts = job.accounts();
    this.steps = new RunSteps(job, around);
    this.there = new PublishedNow(job);
  }

  /**
   * A run.
   *
   * @param planned the job's {@link DatedJob#staged()}, planned
   */
  public static NightlyRun of(DatedJob job, PlannedPipeline planned, Surroundings around) {
    List<ModelUse> models = new ArrayList<>();
    for (int i = 0; i < planned.models().size(); i++) {
      models.add(
          new ModelUse(
              job.definition().steps().get(i).id(),
              planned.models().get(i).toString(),
              planned.models().get(i).digest()));
    }
    return new NightlyRun(
        job,
        models,
        planned.sourceSchema().columns(),
        planned.sinkSchema().columns(),
        around.with(planned.gpus()));
  }

  /**
   * Runs. Blocks until all is published or nothing is.
   *
   * @param inputs its files, listed before it was planned: Flink's own source of partitioned files
   *     has the folders that are there then
   * @param force whether to run even if nothing has changed since it was published
   * @throws NightlyException if nothing is published
   */
  public NightlyResult run(List<InputFile> inputs, boolean force, Execution execution)
      throws InterruptedException {
    Basis basis =
        new Basis(
            inputs,
            models,
            job.configuration(Stream.concat(read.stream(), columns.stream()).toList()));
    try (RunLease lease = RunLease.take(accounts, draft(basis), around.lives(), around.pause())) {
      try {
        // Its branch, and what others have published, are asked for before the job is started.
        execution.prepare();
        steps.clearUp(lease);
        there.refuseDeadLettersElsewhere();
        Optional<Published> before = there.published();
        List<String> why = before.map(seen -> changes(basis, seen)).orElse(List.of());
        boolean same = before.isPresent() && why.isEmpty();
        if (!force && !same) {
          there.refuseFolderOfAnother();
        }
        if (!force) {
          refuseToRepeatHeld(lease, basis);
        }
        if (!force && same) {
          lease.withdraw();
          return new NightlyResult(false, before.get().run());
        }
        PublishedNow.Files replaced = there.files();
        lease.say(account -> account.because(why(before.isPresent(), why)));
        job.table().ifPresent(table -> table.begin(job.id()));
        Counts counts = execute(lease, execution);
        check(basis, counts);
        RunChecks checks =
            RunChecks.of(
                execution.predictions(),
                judge(lease.account(), counts, execution.predictions()),
                before.orElse(null));
        lease.say(account -> account.checked(checks));
        if (!checks.refused().isEmpty() && onFail() == OnFail.FAIL) {
          throw NightlyException.failed(job, "%s", checks.refused());
        }
        // Another may have published there meanwhile.
        there.refuseDeadLettersElsewhere();
        stage(lease, basis, counts, execution.predictions());
        if (!checks.refused().isEmpty()) {
          throw held(lease, checks.refused());
        }
        there.refuseOthersThan(replaced);
        steps.publish(lease);
        return new NightlyResult(true, lease.account());
      } catch (RuntimeException | InterruptedException failed) {
        steps.accountFor(lease, failed);
        throw failed;
      }
    }
  }

  private List<String> changes(Basis basis, Published before) {
    List<String> changes = new ArrayList<>(there.changes(basis, before));
    if (!job.inputs().tellsChanges()) {
      changes.add("the input does not tell whether it has changed");
    }
    return changes;
  }

  private RunAccount draft(Basis basis) {
    return new RunAccount(
        0,
        job.id(),
        job.name(),
        job.date().toString(),
        RunState.RUNNING,
        "",
        null,
        around.owner(),
        0,
        now().toString(),
        null,
        0,
        job.target(),
        job.deadLetterTarget(),
        basis.inputs().size(),
        basis.bytes(),
        models,
        basis.digest(),
        null,
        null,
        null,
        around.versions());
  }

  private List<GateOutcome> judge(RunAccount run, Counts counts, List<FieldSketch> predictions) {
    GatesDefinition gates = job.definition().nightly().gates();
    return gates == null
        ? List.of()
        : new Gates(gates, () -> job.place().before(run)).judge(counts.recordsOut(), predictions);
  }

  private OnFail onFail() {
    GatesDefinition gates = job.definition().nightly().gates();
    return gates == null ? OnFail.FAIL : gates.onFail();
  }

  /** Keeps what is staged for a person to decide. */
  private NightlyException held(RunLease lease, String refused) {
    RunAccount held = lease.say(account -> account.ended(RunState.HELD, refused, now()));
    accounts.release(held);
    return new NightlyException(
        HELD, HELD_MESSAGE.formatted(job.name(), job.date(), held.run(), refused));
  }

  private void refuseToRepeatHeld(RunLease lease, Basis basis) {
    for (RunAccount held : accounts.held()) {
      if (held.digest().equals(basis.digest())) {
        lease.withdraw();
        throw new NightlyException(
            HELD, HELD_MESSAGE.formatted(job.name(), job.date(), held.run(), held.message()));
      }
    }
  }

  private Instant now() {
    return around.clock().instant();
  }

  private static String why(boolean before, List<String> changes) {
    if (!before) {
      return "nothing is published for the date";
    }
    return changes.isEmpty() ? "--force" : String.join("; ", changes);
  }

  private Counts execute(RunLease lease, Execution execution) throws InterruptedException {
    RunFigures figures = ended(lease, execution);
    Counts counts = Counts.of(figures);
    lease.say(account -> account.counted(counts));
    boolean asMany = counts.recordsIn() == counts.recordsOut() + counts.allDeadLetters();
    if (!asMany || figures.restarts() > 0) {
      throw NightlyException.failed(
          job,
          "%,d records were read, and %,d predictions and %,d dead letters made of them, after %d restarts (expected: as many, and no restart, as records count again after one)",
          counts.recordsIn(),
          counts.recordsOut(),
          counts.allDeadLetters(),
          figures.restarts());
    }
    return counts;
  }

  private static RunFigures ended(RunLease lease, Execution execution) throws InterruptedException {
    try {
      return execution.run(lease::lost);
    } catch (RuntimeException failed) {
      // It may have been ended for that, or miss what another has cleared away, and says no more.
      lease.beat();
      if (lease.lost()) {
        lease.check();
      }
      throw failed;
    }
  }

  private void check(Basis basis, Counts counts) {
    if (counts.allDeadLetters() > 0) {
      Optional<String> limit =
          Optional.ofNullable(job.definition().nightly().errors())
              .flatMap(errors -> passed(errors, counts));
      if (limit.isEmpty() && counts.recordsOut() == 0) {
        limit = Optional.of("some predictions");
      }
      if (limit.isPresent()) {
        throw NightlyException.failed(
            job,
            "%,d of %,d records became dead letters (expected: %s); most of them: %s; they are in '%s' until the next run",
            counts.allDeadLetters(),
            counts.recordsIn(),
            limit.get(),
            topCauses(counts),
            job.staging(job.id(), "dead-letters"));
      }
    }
    List<InputFile> now = job.inputs().list().orElse(List.of());
    if (!now.equals(basis.inputs())) {
      throw NightlyException.failed(
          job,
          "the input in '%s' was changed while it was read: %s (expected: files that stay as they are; run again)",
          job.inputs().place(),
          String.join(
              "", new Basis(now, basis.models(), basis.configuration()).changesSince(basis)));
    }
  }

  private static Optional<String> passed(ErrorsDefinition errors, Counts counts) {
    return errors.passed(counts.recordsIn(), counts.allDeadLetters());
  }

  private static String topCauses(Counts counts) {
    return counts.deadLetters().entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(TOP_CAUSES)
        .map(cause -> String.format(Locale.ROOT, "%s %,d", cause.getKey(), cause.getValue()))
        .collect(Collectors.joining(", "));
  }

  /** Completes what is staged with its account. */
  private void stage(RunLease lease, Basis basis, Counts counts, List<FieldSketch> predictions) {
    RunAccount account = lease.account().ended(RunState.PUBLISHED, null, now());
    for (PublishedFolder folder : job.folders(account)) {
      Path staged = folder.staged();
      folder.files().makeFolder(staged);
      for (FileStatus child : folder.files().list(staged)) {
        if (child.getPath().getName().startsWith(".")) {
          // Where Flink's writers work.
          folder.files().delete(child.getPath());
        }
      }
      List<OutputFile> made = job.made(job.id(), folder);
      long records =
          folder.equals(job.predictions()) ? counts.recordsOut() : counts.allDeadLetters();
      if (made.isEmpty() && records > 0) {
        // Flink's sink of files has lost some without a word.
        throw NightlyException.failed(
            job, "%,d records were written, and no file of them is in '%s'", records, staged);
      }
      long found = job.stagedRecords(folder, made).orElse(records);
      if (found != records) {
        throw NightlyException.failed(
            job,
            "%,d records were written, and %,d of them are staged for %s",
            records,
            found,
            there.described(folder.target().toString()));
      }
      new AccountFiles(folder.files())
          .write(
              new Path(staged, Published.FILE),
              new Published(account, basis, columns, made, predictions));
      folder
          .files()
          .write(new Path(staged, PublishedFolder.SUCCESS), "run %d\n".formatted(account.run()));
    }
  }
}
