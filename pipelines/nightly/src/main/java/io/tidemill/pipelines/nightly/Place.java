package io.tidemill.pipelines.nightly;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.model.store.GuardedFiles;
import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * Where a job publishes for all dates: the folder above those of the dates. In it {@code _tidemill}
 * is hidden from readers, and holds for each date the accounts of its runs and what they stage.
 * Immutable.
 *
 * @param above the part of the sink's path above the first that has a date
 * @param atomic whether the file system moves a folder in one step
 */
record Place(GuardedFiles files, String above, boolean atomic) {
  /** The template of a date, as it stands in a path that no date was put in. */
  static final String TEMPLATE = "{{";

  private static final String OWN = "_tidemill";
  private static final Set<String> ATOMIC = Set.of("file", "hdfs", "viewfs");

  /**
   * That of a job.
   *
   * @param written the job with its templates
   * @throws InvalidPipelineException if it has none
   */
  static Place of(ParsedPipeline written) {
    ConnectorDefinition sink = written.definition().sink();
    String path = path(sink);
    int template = path.indexOf(TEMPLATE);
    if (isTable(sink) && template < 0) {
      throw refused(
          written,
          "sink: account '%s' (expected: a path with the date in it as in accounts/dt={{ ds }}: each run for a date keeps there what it knows of the partition that it replaces)"
              .formatted(path));
    }
    if ((!isFiles(sink) && !isTable(sink)) || template < 0) {
      throw refused(
          written,
          "sink: %s '%s' (expected: connector: filesystem, and a path with the date in it as in scores/dt={{ ds }}: each run for a date replaces that folder; or connector: iceberg%s)"
              .formatted(
                  sink.connector(),
                  path,
                  isFiles(sink)
                      ? ""
                      : "; rows of anything else, as of a database, are seen one by one as they are written, and none of them is taken back where a run fails"));
    }
    String above = path.substring(0, path.lastIndexOf('/', template) + 1);
    try {
      Path root = new Path(above);
      FileSystem files = root.getFileSystem();
      String scheme = root.makeQualified(files).toUri().getScheme();
      return new Place(guarded(root, files), above, ATOMIC.contains(scheme));
    } catch (IOException | IllegalArgumentException none) {
      throw refused(
          written,
          "sink: %s '%s': %s".formatted(key(sink), path, String.valueOf(none.getMessage())));
    }
  }

  static GuardedFiles guarded(Path root, FileSystem files) {
    return new GuardedFiles(
        root,
        files,
        (message, cause) ->
            new NightlyException(NightlyException.Reason.FAILED, "sink " + message, cause));
  }

  static boolean isFiles(ConnectorDefinition connector) {
    return connector.connector().equals(ConnectorOptions.FILESYSTEM);
  }

  static boolean isTable(ConnectorDefinition connector) {
    return connector.connector().equals(ConnectorOptions.ICEBERG);
  }

  /** The option that names its folder: of its files or, of a table, of its account. */
  static String key(ConnectorDefinition connector) {
    return isTable(connector) ? ConnectorOptions.ACCOUNT : DatedJob.PATH;
  }

  static String path(ConnectorDefinition connector) {
    return connector.options().getOrDefault(key(connector), "");
  }

  static boolean isDated(ConnectorDefinition connector) {
    return path(connector).contains(TEMPLATE);
  }

  private static InvalidPipelineException refused(ParsedPipeline job, String message) {
    return InvalidPipelineException.at(
        job.locationOf("sink." + key(job.definition().sink())), message);
  }

  /**
   * Where what belongs to the folder of a date is staged: in a folder that Flink, which looks at
   * all above the files that it writes, does not take for a partition.
   */
  Path staging(String target) {
    String name = accounts(target).folder().getName().replace("=", "%3D");
    return new Path(new Path(own(), "staging"), name);
  }

  /** The folder of a date to which a folder of accounts belongs. */
  private Path target(Path accounts) {
    return new Path(
        above + accounts.getName().replace('+', '/').replace("%2B", "+").replace("%25", "%"));
  }

  /** What belongs to the folder of a date. */
  RunAccounts accounts(String target) {
    String below = target.substring(above.length()).replaceFirst("/+$", "");
    // No two folders have one name.
    String name = below.replace("%", "%25").replace("+", "%2B").replace('/', '+');
    return new RunAccounts(files, new Path(own(), name));
  }

  /**
   * What readers see of the newest date of a job before that of a run, of those with any
   * prediction; empty if there is none.
   */
  Optional<Published> before(RunAccount run) {
    String name = accounts(run.target()).folder().getName();
    // By name they are in the order of their dates, as these have as many digits each.
    return files.list(own()).stream()
        .filter(folder -> folder.isDir() && folder.getPath().getName().compareTo(name) < 0)
        .sorted(Comparator.comparing((FileStatus folder) -> folder.getPath().getName()).reversed())
        .filter(
            folder ->
                new RunAccounts(files, folder.getPath())
                    .published(run.job())
                    .filter(earlier -> earlier.date().compareTo(run.date()) < 0)
                    .isPresent())
        // Not where the account says, as all of it may have been moved since.
        .flatMap(folder -> Published.in(files, target(folder.getPath())).stream())
        // Another job may have taken the folder over.
        .filter(published -> published.run().job().equals(run.job()))
        // After a night without predictions the next is compared with the one before it.
        .filter(
            published ->
                published.predictions().stream()
                    .anyMatch(field -> field.records() > field.missing()))
        .findFirst();
  }

  private Path own() {
    return new Path(files.root(), OWN);
  }

  /**
   * All accounts of a job, by date and number. Blocks on the file system.
   *
   * @param damaged is told of each that cannot be read, whosever it is
   */
  List<RunAccount> runsOf(String job, Consumer<NightlyException> damaged) {
    return files.list(own()).stream()
        .filter(FileStatus::isDir)
        .flatMap(folder -> new RunAccounts(files, folder.getPath()).all(damaged).stream())
        .filter(account -> account.job().equals(job))
        .sorted(Comparator.comparing(RunAccount::date).thenComparing(RunAccount::run))
        .toList();
  }
}
