package io.tidemill.connectors.iceberg;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.TablePartition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.ManageSnapshots;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.SnapshotSummary;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableScan;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.expressions.Evaluator;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.expressions.Projections;
import org.apache.iceberg.expressions.StrictMetricsEvaluator;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition of a table, or all of it, each time as its catalog has it then.
 *
 * <p>What is to replace the partition is written to a branch that began at what readers see; its
 * files take the place of the old ones in one commit, which fails if others have changed the
 * partition since the branch began. All methods block on the catalog, and throw what Iceberg
 * throws. Immutable and thread-safe.
 */
public final class IcebergPartition {
  /** In a snapshot's summary: the branch whose files it shows. */
  private static final String STAGED = "tidemill.staged";

  /** In a snapshot's summary: the partition that it replaces. */
  private static final String PARTITION = "tidemill." + TablePartition.OPTION;

  /** How often branches are changed beside others' commits until one comes between no more. */
  private static final int ATTEMPTS = 10;

  private static final Logger LOG = LoggerFactory.getLogger(IcebergPartition.class);

  private final Map<String, String> options;
  private final TablePartition partition;
  private final TableIdentifier name;

  /**
   * That of a connector.
   *
   * @param options as in {@code CREATE TABLE … WITH}, {@link TablePartition#OPTION} among them
   */
  public IcebergPartition(Map<String, String> options) {
    this.options = new ConnectorOptions("", options).without(TablePartition.OPTION).values();
    this.partition = TablePartition.of(options);
    this.name = IcebergTable.name(options, ConnectorOptions.UNNAMED);
  }

  /** For a message. */
  public String description() {
    return "table '%s'%s".formatted(name, partition.values().isEmpty() ? "" : ", " + partition);
  }

  /**
   * What keeps the partition from being replaced; empty if nothing does. A table that is not there
   * is made with the right partitions.
   */
  public Optional<String> problem() {
    try {
      return with(this::problem);
    } catch (NoSuchTableException | NoSuchNamespaceException none) {
      return Optional.empty();
    }
  }

  private Optional<String> problem(Table table) {
    List<String> columns =
        table.spec().fields().stream()
            .filter(field -> field.transform().isIdentity())
            .map(field -> table.schema().findColumnName(field.sourceId()))
            .toList();
    return partition.values().keySet().stream()
        .filter(column -> !columns.contains(column))
        .findFirst()
        .map(
            column ->
                "'%s' is no column by whose value table '%s' is partitioned (expected: one of %s)"
                    .formatted(column, name, columns))
        .or(() -> mixedFile(table));
  }

  /** Of which Iceberg would refuse to take a part away, once the partition is replaced. */
  private Optional<String> mixedFile(Table table) {
    try (CloseableIterable<FileScanTask> tasks =
        table.newScan().filter(filter(table)).includeColumnStats().planFiles()) {
      return StreamSupport.stream(tasks.spliterator(), false)
          .filter(
              task ->
                  !new StrictMetricsEvaluator(table.schema(), task.residual()).eval(task.file()))
          .findFirst()
          .map(
              task ->
                  "'%s', which table '%s' has since it was partitioned otherwise, may have rows of others, too (expected: files of one partition each; rewrite the older ones, as with rewrite_data_files)"
                      .formatted(task.file().location(), name));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /**
   * The files that a job would read now, those that delete rows among them, by path.
   *
   * @return empty if there is no such table, or no row
   */
  public Optional<List<TableFile>> read() {
    try {
      return with(
          table -> {
            TableScan scan = table.newScan();
            if (options.containsKey("snapshot-id")) {
              scan = scan.useSnapshot(Long.parseLong(options.get("snapshot-id")));
            } else if (options.containsKey("branch")) {
              scan = scan.useRef(options.get("branch"));
            } else if (options.containsKey("tag")) {
              scan = scan.useRef(options.get("tag"));
            }
            List<TableFile> files = files(scan.filter(filter(table)));
            return files.isEmpty() ? Optional.<List<TableFile>>empty() : Optional.of(files);
          });
    } catch (NoSuchTableException | NoSuchNamespaceException none) {
      return Optional.empty();
    }
  }

  /** The files that readers of the table see now. */
  public List<TableFile> shown() {
    return with(table -> files(table.newScan().filter(filter(table))));
  }

  /** Begins a branch at what readers see, who see nothing of it. */
  public void begin(String branch) {
    changed(
        table -> {
          Snapshot now = table.currentSnapshot();
          ManageSnapshots change = table.manageSnapshots();
          (now == null
                  ? change.createBranch(branch)
                  : change.createBranch(branch, now.snapshotId()))
              .commit();
          return true;
        });
  }

  /**
   * The files that were written to a branch, by path.
   *
   * @throws IllegalStateException if they are not all of the partition, or the branch is gone
   */
  public List<TableFile> staged(String branch) {
    return with(
        table -> {
          List<TableFile> files = new ArrayList<>();
          for (DataFile file : written(table, branch).files()) {
            PartitionSpec spec = Objects.requireNonNull(table.specs().get(file.specId()), "spec");
            boolean inside =
                new Evaluator(spec.partitionType(), Projections.strict(spec).project(filter(table)))
                    .eval(file.partition());
            if (!inside) {
              throw new IllegalStateException(
                  "'%s' has rows of other values than %s (expected: only rows of the partition)"
                      .formatted(file.location(), partition));
            }
            files.add(file(file));
          }
          return sorted(files);
        });
  }

  /**
   * Replaces the partition by what a branch has, in one commit, and ends the branch. May be done
   * again after it was cut off.
   *
   * @param summary is written into the snapshot
   * @param right fails if it may not be done, just before it is
   * @throws IllegalStateException if others have changed the partition since the branch began
   */
  public void publish(String branch, Map<String, String> summary, Runnable right) {
    with(
        table -> {
          if (!isPublished(table, branch)) {
            commit(table, branch, summary, right);
          }
          return true;
        });
    try {
      discard(branch::equals);
    } catch (RuntimeException stays) {
      LOG.warn("branch '{}' is left to the next run: {}", branch, stays.getMessage());
    }
  }

  private void commit(Table table, String branch, Map<String, String> summary, Runnable right) {
    Written written = written(table, branch);
    Expression filter = filter(table);
    OverwriteFiles replacing = table.newOverwrite().overwriteByRowFilter(filter);
    if (!written.files().isEmpty()) {
      // Of none Iceberg does not know the partition.
      replacing.validateAddedFilesMatchOverwriteFilter();
      // Engines with an Iceberg of before 2025-07 that expire the branch's snapshots keep their
      // files, which are the table's now.
      replacing.set(SnapshotSummary.SOURCE_SNAPSHOT_ID_PROP, String.valueOf(written.head()));
    }
    if (!written.beginForgotten()) {
      replacing
          .conflictDetectionFilter(filter)
          .validateNoConflictingData()
          .validateNoConflictingDeletes();
      if (written.begin() != null) {
        replacing.validateFromSnapshot(written.begin());
      }
    }
    written.files().forEach(replacing::addFile);
    summary.forEach(replacing::set);
    replacing.set(STAGED, branch).set(PARTITION, partition.toString());
    right.run();
    try {
      replacing.commit();
    } catch (ValidationException changed) {
      table.refresh();
      if (!isPublished(table, branch)) {
        throw new IllegalStateException(
            problem(table)
                .orElseGet(
                    () ->
                        "others have changed %s meanwhile: %s (expected: nobody else does; run again)"
                            .formatted(partition, changed.getMessage())),
            changed);
      }
    }
  }

  /** Whether readers see, or have seen, what a branch had. */
  public boolean isPublished(String branch) {
    return with(table -> isPublished(table, branch));
  }

  private static boolean isPublished(Table table, String branch) {
    return StreamSupport.stream(SnapshotUtil.currentAncestors(table).spliterator(), false)
        .anyMatch(snapshot -> branch.equals(snapshot.summary().get(STAGED)));
  }

  /**
   * What the newest snapshot says that has replaced the partition in this way; empty if none has.
   */
  public Map<String, String> lastSummary() {
    return with(
        table ->
            StreamSupport.stream(SnapshotUtil.currentAncestors(table).spliterator(), false)
                .map(Snapshot::summary)
                .filter(summary -> partition.toString().equals(summary.get(PARTITION)))
                .findFirst()
                .orElse(Map.of()));
  }

  /** Ends branches, with what is in them. */
  public void discard(Predicate<String> branches) {
    changed(
        table -> {
          ManageSnapshots change = table.manageSnapshots();
          List<String> found = table.refs().keySet().stream().filter(branches).sorted().toList();
          found.forEach(change::removeBranch);
          if (!found.isEmpty()) {
            change.commit();
          }
          return true;
        });
  }

  /**
   * What a branch has beside what it began with.
   *
   * @param head its newest snapshot
   * @param begin the snapshot at which it began; null where there was none, or nobody knows
   * @param beginForgotten whether the table has forgotten at which
   */
  private record Written(
      List<DataFile> files, long head, @Nullable Long begin, boolean beginForgotten) {}

  private static Written written(Table table, String branch) {
    SnapshotRef head = table.refs().get(branch);
    if (head == null) {
      throw new IllegalStateException(
          "branch '%s' is gone (expected: nobody else removes it; run again with --force)"
              .formatted(branch));
    }
    Set<Long> seen = new HashSet<>(SnapshotUtil.currentAncestorIds(table));
    List<DataFile> files = new ArrayList<>();
    Long id = head.snapshotId();
    while (id != null && !seen.contains(id)) {
      Snapshot snapshot = table.snapshot(id);
      if (snapshot == null) {
        return new Written(files, head.snapshotId(), null, true);
      }
      SnapshotChanges changes = SnapshotChanges.builderFor(table).snapshot(snapshot).build();
      if (changes.addedDeleteFiles().iterator().hasNext()) {
        throw new IllegalStateException(
            "its sink deletes rows (expected: one without write.upsert.enabled, as a run replaces the partition)");
      }
      changes.addedDataFiles().forEach(file -> files.add(file.copy()));
      id = snapshot.parentId();
    }
    return new Written(files, head.snapshotId(), id, false);
  }

  private Expression filter(Table table) {
    Expression all = Expressions.alwaysTrue();
    for (Map.Entry<String, String> value : partition.values().entrySet()) {
      Types.NestedField field = table.schema().findField(value.getKey());
      if (field == null) {
        throw new IllegalStateException(
            "partition '%s' of column '%s' (expected: one of the table)"
                .formatted(partition, value.getKey()));
      }
      all =
          Expressions.and(all, Expressions.equal(value.getKey(), literal(field, value.getValue())));
    }
    return all;
  }

  private static Object literal(Types.NestedField field, String value) {
    return switch (field.type().typeId()) {
      case INTEGER -> Integer.valueOf(value);
      case LONG -> Long.valueOf(value);
      default -> value;
    };
  }

  private static List<TableFile> files(TableScan scan) {
    List<TableFile> found = new ArrayList<>();
    try (CloseableIterable<FileScanTask> tasks = scan.planFiles()) {
      for (FileScanTask task : tasks) {
        found.add(file(task.file()));
        task.deletes()
            .forEach(
                file ->
                    found.add(
                        new TableFile(
                            file.location(), file.fileSizeInBytes(), file.recordCount())));
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    return sorted(found);
  }

  private static TableFile file(DataFile file) {
    return new TableFile(file.location(), file.fileSizeInBytes(), file.recordCount());
  }

  /** One file of deletions may belong to many. */
  private static List<TableFile> sorted(List<TableFile> files) {
    return files.stream().distinct().sorted(Comparator.comparing(TableFile::path)).toList();
  }

  /** Others may commit to the table at the same moment, to whom nothing of this matters. */
  private void changed(Function<Table, Boolean> change) {
    for (int attempt = 1; ; attempt++) {
      try {
        with(change);
        return;
      } catch (CommitFailedException others) {
        if (attempt == ATTEMPTS) {
          throw others;
        }
      }
    }
  }

  private <T> T with(Function<Table, T> work) {
    return IcebergTable.inCatalog(options, catalog -> work.apply(catalog.loadTable(name)));
  }
}
