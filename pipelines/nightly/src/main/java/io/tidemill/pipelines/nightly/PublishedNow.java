package io.tidemill.pipelines.nightly;

import static java.util.Collections.disjoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.core.fs.Path;

/** What stands where a job publishes for its date, each time as it is then. Thread-safe. */
record PublishedNow(DatedJob job) {

  /** The files that are replaced when a run publishes. */
  record Files(List<OutputFile> predictions, List<OutputFile> deadLetters) {}

  Files files() {
    String deadLetters = job.deadLetterTarget();
    return new Files(
        job.shown(job.target()), deadLetters == null ? List.of() : job.shown(deadLetters));
  }

  /** What came while a run scored is not its own to replace. */
  void refuseOthersThan(Files before) {
    if (!files().equals(before)) {
      throw NightlyException.failed(
          job,
          "someone has changed the files in %s%s while it scored (expected: nobody else does; look at them, and run again)",
          described(job.target()),
          job.deadLetterTarget() == null ? "" : " or " + described(job.deadLetterTarget()));
    }
  }

  /** What readers see; empty where there is nothing that is whole. */
  Optional<Published> published() {
    return Published.in(job.place().files(), new Path(job.target()));
  }

  private Optional<Published> accountIn(String folder) {
    return new AccountFiles(job.place().files())
        .read(new Path(new Path(folder), Published.FILE), Published.class);
  }

  /** What is another than when it was published, in words; nothing where all is the same. */
  List<String> changes(Basis basis, Published before) {
    List<String> changes = new ArrayList<>(basis.changesSince(before.basis()));
    if (!isAsPublished(before)) {
      changes.add("someone has changed the published files");
    }
    return changes;
  }

  /** Whether readers find what was published, and nothing else. */
  boolean isAsPublished(Published before) {
    return isAsPublished(job.target(), before)
        && (job.deadLetterTarget() == null || isAsPublished(job.deadLetterTarget(), before));
  }

  private boolean isAsPublished(String folder, Published before) {
    Optional<Published> there = accountIn(folder);
    return there.isPresent()
        && there.get().run().id().equals(before.run().id())
        && there.get().files().equals(job.shown(folder));
  }

  /** Two jobs that published dead letters to one folder would each replace the other's. */
  void refuseDeadLettersElsewhere() {
    String folder = job.deadLetterTarget();
    if (folder == null) {
      return;
    }
    Optional<Published> there = accountIn(folder);
    if (there.isPresent() && !job.isBeside(there.get().run())) {
      throw NightlyException.failed(
          job,
          "the dead letters in '%s' are those of job '%s' for '%s' (expected: a folder of its own for each job's)",
          folder,
          there.get().run().job(),
          there.get().run().target());
    }
  }

  /** Two jobs that published to one folder would each replace the other's. */
  void refuseFolderOfAnother() {
    Stream.concat(
            accountIn(job.target()).map(Published::run).stream(), job.accounts().held().stream())
        .filter(there -> !there.job().equals(job.name()))
        .findFirst()
        .ifPresent(
            there -> {
              throw NightlyException.failed(
                  job,
                  "'%s' is the folder of job '%s', whose run %d is %s (expected: a sink of its own for each job; if that is the old name of this one, or its predictions may go, --force takes the folder over)",
                  job.target(),
                  there.job(),
                  there.run(),
                  there.state().name().toLowerCase(Locale.ROOT));
            });
    job.table()
        .flatMap(table -> table.ofAnother(job.target()))
        .ifPresent(
            other -> {
              throw NightlyException.failed(
                  job,
                  "the partition is that of job %s (expected: a partition of its own for each job; if that is this one with its old account, or its predictions may go, --force takes the partition over)",
                  other);
            });
    refuseFilesOfNobody();
  }

  /** Where nothing is published, what is there may be somebody's. */
  void refuseFilesOfNobody() {
    refuseUnaccounted(job.target());
    String deadLetters = job.deadLetterTarget();
    if (deadLetters != null) {
      refuseUnaccounted(deadLetters);
    }
  }

  /** Files that no run has made may be the only ones of their kind. */
  private void refuseUnaccounted(String folder) {
    List<OutputFile> there = isOfRun(folder) ? List.of() : job.shown(folder);
    if (!there.isEmpty()) {
      throw NightlyException.failed(
          job,
          "%s has files that no run has published, as '%s' (expected: none, as a run replaces what is there; move them away, or replace them with --force)",
          described(folder),
          there.get(0).name());
    }
  }

  private boolean isOfRun(String folder) {
    Optional<Published> account = accountIn(folder);
    Optional<TableOutput> table = job.table().filter(output -> folder.equals(job.target()));
    if (table.isEmpty()) {
      return account.isPresent()
          || job.accounts()
              .published(job.name())
              .filter(run -> folder.equals(job.target()) || folder.equals(job.deadLettersOf(run)))
              .isPresent();
    }
    // The account is elsewhere, and may be that of another table.
    return table.get().isOfRun()
        || account.filter(seen -> !disjoint(seen.files(), job.shown(folder))).isPresent();
  }

  /** Names a folder, or what is in its place, in messages. */
  String described(String folder) {
    return job.table()
        .filter(table -> folder.equals(job.target()))
        .map(TableOutput::description)
        .orElse("'%s'".formatted(folder));
  }
}
