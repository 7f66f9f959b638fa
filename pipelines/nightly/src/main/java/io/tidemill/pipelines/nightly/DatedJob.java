package io.tidemill.pipelines.nightly;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import io.tidemill.connectors.files.ParquetFooter;
import io.tidemill.connectors.files.SourceFiles;
import io.tidemill.connectors.iceberg.IcebergPartition;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.options.TablePartition;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.problem.Problems;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.pipelines.compose.Folder;
import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.SchemaDefinition;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.io.IOException;
import java.net.URI;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * A job for a date, whose results wait in folders of their own until they are published. Immutable.
 */
public final class DatedJob {
  /** The option of Flink's connector for files. */
  static final String PATH = "path";

  private static final String FORMAT = "format";
  private static final String BRANCH = "branch";

  /** What says which table of Iceberg it is. */
  private static final List<String> TABLE =
      List.of("catalog-table", "catalog-database", "catalog-type", "warehouse", "uri");

  private static final String DEAD_LETTER = "dead-letter." + PATH;
  private static final String RESTARTS = "restart-strategy";

  private final ParsedPipeline dated;
  private final LocalDate date;
  private final Place place;
  private final String id = UUID.randomUUID().toString().replace("-", "").substring(0, 12);

  DatedJob(ParsedPipeline dated, LocalDate date, Place place) {
    this.dated = dated;
    this.date = date;
    this.place = place;
  }

  /**
   * A job for a date.
   *
   * @param written the job with its templates
   * @param dated the same with the date in their place
   * @throws InvalidPipelineException with all that keeps it from being published whole
   */
  public static DatedJob of(ParsedPipeline written, ParsedPipeline dated, LocalDate date) {
    Problems<Location> problems = new Problems<>();
    PipelineDefinition job = written.definition();
    if (job.mode() != ExecutionMode.BATCH) {
      problems.add(
          written.locationOf("mode"),
          "mode: %s (expected: batch, for a run for a date)",
          job.mode().label());
    }
    if (!Place.isFiles(job.source()) && !Place.isTable(job.source()) && !isDatabase(job.source())) {
      problems.add(
          written.locationOf("source.connector"),
          "source: connector '%s' (expected: filesystem or iceberg, for a run for a date: they tell which files they read; or jdbc, whose rows are read anew by each run)",
          job.source().connector());
    }
    if (Place.isTable(job.sink())) {
      refuseTable(written, problems);
    }
    ConnectorDefinition deadLetter = job.deadLetter();
    if (deadLetter != null && !(Place.isFiles(deadLetter) && Place.isDated(deadLetter))) {
      problems.add(
          written.locationOf(DEAD_LETTER),
          "dead-letter: %s '%s' (expected: connector: filesystem, and a path with the date in it as in dead/dt={{ ds }}: they are published with the predictions)",
          deadLetter.connector(),
          path(deadLetter));
    }
    Place place = null;
    try {
      place = Place.of(written);
    } catch (InvalidPipelineException noPlace) {
      noPlace.problems().forEach(problem -> problems.add(problem.place(), "%s", problem.message()));
    }
    List<Problem<Location>> all = problems.all();
    if (place == null || !all.isEmpty()) {
      throw new InvalidPipelineException(all);
    }
    DatedJob made = new DatedJob(dated, date, place);
    made.refuseOverlaps();
    return made;
  }

  private static boolean isDatabase(ConnectorDefinition source) {
    return source.connector().equals(ConnectorOptions.JDBC);
  }

  private static void refuseTable(ParsedPipeline written, Problems<Location> problems) {
    Map<String, String> sink = written.definition().sink().options();
    String partition = sink.getOrDefault(TablePartition.OPTION, "");
    if (!partition.contains(Place.TEMPLATE)) {
      problems.add(
          written.locationOf("sink." + TablePartition.OPTION),
          "sink: partition '%s' (expected: one with the date in it as in day={{ ds }}: each run for a date replaces that partition)",
          partition);
    }
    if (sink.containsKey(BRANCH)) {
      problems.add(
          written.locationOf("sink." + BRANCH),
          "sink: branch '%s' (expected: none in a run for a date, which stages on a branch of its own and publishes to the table's main)",
          sink.get(BRANCH));
    }
    ConnectorDefinition source = written.definition().source();
    if (Place.isTable(source) && TABLE.stream().allMatch(key -> same(key, source, sink))) {
      problems.add(
          written.locationOf("sink." + TABLE.get(0)),
          "sink: the table of the source (expected: another, as a run replaces what it has read)");
    }
    for (ConnectorDefinition table : List.of(source, written.definition().sink())) {
      String part = table.equals(source) ? "source" : "sink";
      for (String key : Place.isTable(table) ? TABLE.subList(0, 2) : List.<String>of()) {
        if (table.options().getOrDefault(key, "").isBlank()) {
          problems.add(
              written.locationOf(part + ".connector"),
              "%s: no %s (expected: a name, for a run for a date)",
              part,
              key);
        }
      }
    }
  }

  private static boolean same(String key, ConnectorDefinition source, Map<String, String> sink) {
    return Objects.equals(source.options().get(key), sink.get(key));
  }

  /** A folder that is replaced must hold nothing else. */
  private void refuseOverlaps() {
    PipelineDefinition job = dated.definition();
    Problems<Location> problems = new Problems<>();
    refuseTemplate(problems, "source", job.source());
    refuseTemplate(problems, "sink", job.sink());
    if (Place.isFiles(job.source())) {
      OptionCheck options = new OptionCheck(new ConnectorOptions("source", job.source().options()));
      SourceFiles.refuseWrongPattern(options);
      for (Problem<OptionKey> wrong : options.failure().problems()) {
        problems.add(dated.locationOf("source." + wrong.place().key()), "%s", wrong);
      }
      String source = path(job.source());
      refuse(problems, "sink", job.sink(), "source", source);
      if (job.deadLetter() != null) {
        refuse(problems, "dead-letter", job.deadLetter(), "source", source);
      }
    }
    Optional<String> partition = Folder.of(place.above()).partition();
    if (table().isEmpty() && !job.sink().partitionedBy().isEmpty() && partition.isPresent()) {
      problems.add(
          dated.locationOf("sink." + PATH),
          "sink: partitioned-by below '%s' of path '%s' (expected: no folder of the form NAME=VALUE before the date's, which Flink takes for a partition, too)",
          partition.get(),
          path(job.sink()));
    }
    ConnectorDefinition deadLetter = job.deadLetter();
    if (deadLetter != null) {
      refuseTemplate(problems, "dead-letter", deadLetter);
      refuse(problems, "dead-letter", deadLetter, "sink", path(job.sink()));
      if (!Folder.of(path(deadLetter)).movesBeside(Folder.of(path(job.sink())))) {
        problems.add(
            dated.locationOf(DEAD_LETTER),
            "dead-letter: path '%s' (expected: on the file system and volume of the sink, '%s', so that both are published together)",
            path(deadLetter),
            path(job.sink()));
      }
    }
    if (!problems.all().isEmpty()) {
      throw new InvalidPipelineException(problems.all());
    }
  }

  private void refuseTemplate(
      Problems<Location> problems, String part, ConnectorDefinition connector) {
    if (Place.isDated(connector)) {
      problems.add(
          dated.locationOf(part + "." + Place.key(connector)),
          "%s: path '%s': a template in a variable's value (expected: it in the job's file, where a date takes its place)",
          part,
          path(connector));
    }
  }

  private void refuse(
      Problems<Location> problems,
      String part,
      ConnectorDefinition replaced,
      String other,
      String otherPath) {
    if (Folder.of(path(replaced)).overlaps(Folder.of(otherPath))) {
      problems.add(
          dated.locationOf(part + "." + Place.key(replaced)),
          "%s: path '%s' beside %s's '%s' (expected: neither in the other, as a run replaces the folder)",
          part,
          path(replaced),
          other,
          otherPath);
    }
  }

  static String path(ConnectorDefinition connector) {
    return Place.path(connector).replaceFirst("/+$", "");
  }

  /**
   * The job with its results going to where they wait. It begins once, as what is read after a
   * restart counts twice, unless it says itself how it begins again.
   */
  public ParsedPipeline staged() {
    PipelineDefinition job = dated.definition();
    ConnectorDefinition deadLetter = job.deadLetter();
    Map<String, String> flink = new LinkedHashMap<>(job.flinkOptions());
    if (flink.keySet().stream().noneMatch(key -> key.startsWith(RESTARTS))) {
      flink.put(RestartStrategyOptions.RESTART_STRATEGY.key(), "none");
    }
    PipelineDefinition staged =
        job.with(
            table().isPresent()
                ? job.sink().with(BRANCH, TableOutput.branch(id)).adding()
                : job.sink().with(PATH, predictions().staged().toString()),
            deadLetter == null
                ? null
                : deadLetter.with(PATH, staging(id, "dead-letters").toString()),
            flink);
    return new ParsedPipeline(
        staged, dated.file(), dated.locations(), dated.template(), dated.variables());
  }

  /** The job's name. */
  public String name() {
    return dated.definition().name();
  }

  public LocalDate date() {
    return date;
  }

  /** Where readers find the predictions or, where they are in a table, the account of them. */
  public String target() {
    return path(dated.definition().sink());
  }

  /** Where readers find the dead letters; null where one fails the job. */
  public @Nullable String deadLetterTarget() {
    ConnectorDefinition deadLetter = dated.definition().deadLetter();
    return deadLetter == null ? null : path(deadLetter);
  }

  PipelineDefinition definition() {
    return dated.definition();
  }

  String id() {
    return id;
  }

  Place place() {
    return place;
  }

  RunAccounts accounts() {
    return place.accounts(target());
  }

  Inputs inputs() {
    ConnectorDefinition source = dated.definition().source();
    if (isDatabase(source)) {
      return new DatabaseInputs(
          "database table %s %s"
              .formatted(
                  source.options().get("table-name"),
                  source.options().getOrDefault(TablePartition.OPTION, ""))
              .strip());
    }
    return Place.isTable(source)
        ? new TableInputs(new IcebergPartition(source.options()))
        : FileInputs.of(source.options(), isToldItsColumns());
  }

  /** The table whose partition is replaced; empty where that is a folder of files. */
  Optional<TableOutput> table() {
    ConnectorDefinition sink = dated.definition().sink();
    return Place.isTable(sink)
        ? Optional.of(new TableOutput(new IcebergPartition(sink.options())))
        : Optional.empty();
  }

  /** The files that a run has made for one of its folders. */
  List<OutputFile> made(String run, PublishedFolder folder) {
    return table()
        .filter(table -> folder.target().equals(new Path(target())))
        .map(table -> table.staged(run))
        .orElseGet(() -> OutputFile.in(folder.files(), folder.staged()));
  }

  /**
   * How many records a run has staged for one of its folders, as a table or the ends of its files
   * say; empty of other files, which are not read again.
   */
  OptionalLong stagedRecords(PublishedFolder folder, List<OutputFile> made) {
    boolean predictions = folder.equals(predictions());
    Optional<TableOutput> table = table().filter(output -> predictions);
    ConnectorDefinition sink =
        predictions ? dated.definition().sink() : dated.definition().deadLetter();
    if (table.isPresent()) {
      return OptionalLong.of(table.get().stagedRecords(id));
    }
    if (sink == null || !ConnectorOptions.PARQUET.equals(sink.options().get(FORMAT))) {
      return OptionalLong.empty();
    }
    long records = 0;
    for (OutputFile file : made) {
      Path staged = new Path(folder.staged(), file.name());
      try {
        records += new ParquetFooter(staged, file.bytes()).rows();
      } catch (IOException | RuntimeException damaged) {
        throw NightlyException.failed(
            this, "'%s' cannot be read after it was written: %s", staged, damaged);
      }
    }
    return OptionalLong.of(records);
  }

  /**
   * Whether it can be planned before its input is there: of files, and no table, whose columns are
   * not to be read from them.
   */
  public boolean plansAhead() {
    return Place.isFiles(dated.definition().source()) && !isToldItsColumns();
  }

  /** Whether it has its columns from a file of its source. */
  public boolean isToldItsColumns() {
    ConnectorDefinition source = dated.definition().source();
    return Place.isFiles(source) && source.schema() == null;
  }

  /** The files that readers see, of one of the folders. */
  List<OutputFile> shown(String folder) {
    return table()
        .filter(table -> folder.equals(target()))
        .map(TableOutput::shown)
        .orElseGet(() -> OutputFile.in(place.files(), new Path(folder)));
  }

  /**
   * A digest over all that the job says about what it makes of a record.
   *
   * @param columns that it reads and writes, as files say which the job only names
   */
  String configuration(List<RecordSchema.Column> columns) {
    PipelineDefinition job = dated.definition();
    return "sha256:"
        + DigestUtils.sha256Hex(
            List.of(said(job.source()), job.steps(), said(job.sink()), columns).toString()
                + job.deadLetter()
                + new TreeMap<>(job.flinkOptions()));
  }

  /** Without the place of a file of columns, which are in the digest themselves. */
  private static ConnectorDefinition said(ConnectorDefinition connector) {
    return connector.schema() instanceof SchemaDefinition.File
        ? connector.withSchema(null)
        : connector;
  }

  PublishedFolder predictions() {
    return folder(id, "predictions", target());
  }

  /**
   * The folders of a run for the date, with that of the predictions at last, which says that all
   * are there. They are where this job has them, as they may have been moved, or be seen by another
   * name, since the run wrote its account.
   */
  List<PublishedFolder> folders(RunAccount run) {
    PublishedFolder last = folder(run.stagedBy(), "predictions", target());
    String deadLetters = deadLettersOf(run);
    return deadLetters == null
        ? List.of(last)
        : List.of(folder(run.stagedBy(), "dead-letters", deadLetters), last);
  }

  /** Where those of a run for the date go; null where it has none. */
  @Nullable String deadLettersOf(RunAccount run) {
    return run.deadLetterTarget() != null && deadLetterTarget() != null && isBeside(run)
        ? deadLetterTarget()
        : run.deadLetterTarget();
  }

  /** Whether a run has its two folders as this job has them, wherever both were then. */
  boolean isBeside(RunAccount run) {
    String now = requireNonNull(deadLetterTarget());
    String then = requireNonNullElse(run.deadLetterTarget(), now);
    return wayTo(run.target(), then).equals(wayTo(target(), now))
        && isOnOne(run.target(), then)
        && isOnOne(target(), now);
  }

  /** Whether two folders are of one file system, and so may have been moved together. */
  private static boolean isOnOne(String one, String other) {
    URI first = new Path(one).toUri();
    URI second = new Path(other).toUri();
    return Objects.equals(first.getScheme(), second.getScheme())
        && Objects.equals(first.getAuthority(), second.getAuthority());
  }

  private static java.nio.file.Path wayTo(String target, String deadLetters) {
    return onDisk(deadLetters).relativize(onDisk(target));
  }

  private static java.nio.file.Path onDisk(String path) {
    return java.nio.file.Path.of(new Path(path).getPath());
  }

  private PublishedFolder folder(String run, String name, String target) {
    return new PublishedFolder(place.files(), place.atomic(), staging(run, name), new Path(target));
  }

  /** Where what a run stages waits, and what it replaces. */
  Path staging(String run, String name) {
    return new Path(staging(), run + "/" + name);
  }

  Path staging() {
    return place.staging(target());
  }
}
