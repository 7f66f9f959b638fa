package io.tidemill.pipelines.nightly;

import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.problem.Problems;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.pipelines.compose.Folder;
import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    if (!Place.isFiles(job.source())) {
      problems.add(
          written.locationOf("source.connector"),
          "source: connector '%s' (expected: filesystem, for a run for a date: it tells which files it reads)",
          job.source().connector());
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

  /** A folder that is replaced must hold nothing else. */
  private void refuseOverlaps() {
    PipelineDefinition job = dated.definition();
    Problems<Location> problems = new Problems<>();
    refuseTemplate(problems, "source", job.source());
    refuseTemplate(problems, "sink", job.sink());
    String source = path(job.source());
    refuse(problems, "sink", job.sink(), "source", source);
    Optional<String> partition = Folder.of(place.above()).partition();
    if (!job.sink().partitionedBy().isEmpty() && partition.isPresent()) {
      problems.add(
          dated.locationOf("sink." + PATH),
          "sink: partitioned-by below '%s' of path '%s' (expected: no folder of the form NAME=VALUE before the date's, which Flink takes for a partition, too)",
          partition.get(),
          path(job.sink()));
    }
    ConnectorDefinition deadLetter = job.deadLetter();
    if (deadLetter != null) {
      refuseTemplate(problems, "dead-letter", deadLetter);
      refuse(problems, "dead-letter", deadLetter, "source", source);
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
          dated.locationOf(part + "." + PATH),
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
          dated.locationOf(part + "." + PATH),
          "%s: path '%s' beside %s's '%s' (expected: neither in the other, as a run replaces the folder)",
          part,
          path(replaced),
          other,
          otherPath);
    }
  }

  static String path(ConnectorDefinition connector) {
    return connector.options().getOrDefault(PATH, "").replaceFirst("/+$", "");
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
            job.sink().with(PATH, predictions().staged().toString()),
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

  /** Where readers find the predictions. */
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
    return Inputs.of(dated.definition().source().options());
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
            List.of(job.source(), job.steps(), job.sink(), columns).toString()
                + job.deadLetter()
                + new TreeMap<>(job.flinkOptions()));
  }

  PublishedFolder predictions() {
    return folder(id, "predictions", target());
  }

  /** The folders of a run, with that of the predictions at last, which says that all are there. */
  List<PublishedFolder> folders(String run, String predictions, @Nullable String deadLetters) {
    PublishedFolder last = folder(run, "predictions", predictions);
    return deadLetters == null
        ? List.of(last)
        : List.of(folder(run, "dead-letters", deadLetters), last);
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
