package io.tidemill.pipelines.nightly;

import io.tidemill.connectors.iceberg.IcebergPartition;
import io.tidemill.connectors.iceberg.TableFile;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The partition of a table of Iceberg that a run for a date replaces: what it makes waits on a
 * branch of the run's own until it is published in one commit. Each method throws a {@link
 * NightlyException} where the table cannot be asked. Immutable.
 */
record TableOutput(IcebergPartition partition) {
  /** In a snapshot's summary: whose it is. */
  private static final String JOB = "tidemill.job";

  private static final String ACCOUNT = "tidemill.account";

  /** The branch of a run, by its id. */
  static String branch(String run) {
    return "tidemill-" + run;
  }

  void begin(String run) {
    done(() -> partition.begin(branch(run)));
  }

  List<OutputFile> shown() {
    return files(asked(partition::shown));
  }

  List<OutputFile> staged(String run) {
    return files(asked(() -> partition.staged(branch(run))));
  }

  /** How many predictions a run has made. */
  long stagedRecords(String run) {
    return asked(() -> partition.staged(branch(run))).stream().mapToLong(TableFile::records).sum();
  }

  boolean isPublished(String run) {
    return asked(() -> partition.isPublished(branch(run)));
  }

  void publish(RunAccount account, String target, Runnable right) {
    Map<String, String> summary = new LinkedHashMap<>();
    summary.put(JOB, account.job());
    summary.put("tidemill.date", account.date());
    summary.put("tidemill.run", String.valueOf(account.run()));
    summary.put(ACCOUNT, target);
    summary.put("tidemill.digest", account.digest());
    account
        .models()
        .forEach(
            model ->
                summary.put(
                    "tidemill.model." + model.step(), model.model() + " " + model.digest()));
    done(() -> partition.publish(branch(account.stagedBy()), summary, right));
  }

  /** Ends the branches of runs, by their ids. */
  void discard(Predicate<String> runs) {
    String prefix = branch("");
    done(
        () ->
            partition.discard(
                name -> name.startsWith(prefix) && runs.test(name.substring(prefix.length()))));
  }

  /** Whether a run has replaced the partition, as far back as the table remembers. */
  boolean isOfRun() {
    return asked(partition::lastSummary).containsKey(JOB);
  }

  /** The job that has replaced the partition and keeps its account elsewhere; empty if none has. */
  Optional<String> ofAnother(String account) {
    Map<String, String> last = asked(partition::lastSummary);
    return account.equals(last.getOrDefault(ACCOUNT, account))
        ? Optional.empty()
        : Optional.of("%s, with its account in '%s'".formatted(last.get(JOB), last.get(ACCOUNT)));
  }

  String description() {
    return partition.description();
  }

  private static List<OutputFile> files(List<TableFile> files) {
    return files.stream().map(file -> new OutputFile(file.path(), file.bytes())).toList();
  }

  private void done(Runnable change) {
    asked(
        () -> {
          change.run();
          return true;
        });
  }

  private <T> T asked(Supplier<T> question) {
    try {
      return question.get();
    } catch (NightlyException right) {
      throw right;
    } catch (RuntimeException failed) {
      throw new NightlyException(
          NightlyException.Reason.FAILED,
          "sink %s: %s".formatted(description(), failed.getMessage()),
          failed);
    }
  }
}
