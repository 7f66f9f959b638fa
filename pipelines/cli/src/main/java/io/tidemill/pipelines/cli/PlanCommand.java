package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.model.store.ByteSize;
import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.SignedByOption;
import io.tidemill.pipelines.compose.PipelinePlan;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.run.RunStart;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemill plan}: what a job would do. */
@Command(
    name = "plan",
    description = {
      "Show what a job would do, and all its problems.",
      "Models with version and digest, bindings, memory, operators, guarantees, the columns that",
      "the sink writes, and what a run would go on from. Asks no broker, and writes nothing. A job",
      "that declares no columns has those of the last file, by its path, of its source.",
      "The job may be a unit of 'tidemill package'."
    },
    mixinStandardHelpOptions = true)
final class PlanCommand implements Callable<Integer> {
  /** How long a plan waits for files that it needs only for a note. */
  private static final Duration FILES_LIMIT = Duration.ofSeconds(5);

  private final Caller caller;

  @Mixin private JobOptions job;
  @Mixin private ResumeOptions resume;
  @Mixin private DateOption date;
  @Mixin private SignedByOption signedBy;
  @Mixin private Output output;

  @Option(
      names = "--sink-schema",
      description =
          "Print the Avro schema of what the sink writes, and no more: for those who read it.")
  private boolean sinkSchema;

  PlanCommand(Caller caller) {
    this.caller = caller;
  }

  /**
   * What JSON has of a job, be it right or not.
   *
   * @param date for which it is planned; null for a job that runs for none
   * @param begins how a run would begin; null where the job has problems, as is the plan
   * @param next the command that runs it, secrets hidden; null where the job has problems
   */
  private record View(
      String job,
      boolean valid,
      List<ProblemView> problems,
      @Nullable String date,
      @Nullable String begins,
      @Nullable PipelinePlan plan,
      @Nullable String next) {}

  @Override
  public Integer call() throws JsonProcessingException {
    output.onFailure(
        job.file(), problems -> new View(job.file(), false, problems, null, null, null, null));
    signedBy.demand();
    ParsedPipeline parsed = date.read(day -> job.read(caller.environment(), day));
    String day = date.of(parsed).map(LocalDate::toString).orElse(null);
    Map<String, String> resumed = resume.flinkOptions();
    PlannedPipeline pipeline =
        day == null
            ? job.planUndated(caller.environment(), resumed, parsed)
            : job.plan(caller.environment(), resumed, parsed);
    if (sinkSchema) {
      return printSinkSchema(pipeline);
    }
    String begins = RunStart.of(pipeline, job.folder(pipeline), resume.fresh()).description();
    PipelinePlan pure = pipeline.describe(StoredModel::gpu);
    PipelinePlan described =
        pipeline
            .misfit(FILES_LIMIT)
            .map(why -> pure.withNote("source: a run fails on the files of now: " + why))
            .orElse(pure);
    PipelinePlan plan =
        job.packed()
            .map(unit -> described.withStore(unit.shown(described.store())))
            .orElse(described);
    View view = new View(job.file(), true, List.of(), day, begins, plan, next(day));
    output.print(view, out -> print(out, day, begins, plan, next(day)));
    return ExitCode.DONE.number();
  }

  /** The folder of files, or the partition of a table. */
  private static String place(Map<String, String> options) {
    String path = options.getOrDefault("path", "");
    return path.isEmpty()
        ? "table %s.%s %s"
            .formatted(
                options.get("catalog-database"),
                options.get("catalog-table"),
                options.getOrDefault("partition", ""))
            .strip()
        : path;
  }

  private int printSinkSchema(PlannedPipeline pipeline) throws JsonProcessingException {
    String format = pipeline.sinkFormat().orElse("none");
    if (!format.startsWith("avro")) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "--sink-schema: the sink's format is %s (expected: one of Avro; 'plan' lists the columns of any)"
              .formatted(format));
    }
    JsonNode schema = new ObjectMapper().readTree(pipeline.sinkSchema().avro().json());
    output.print(schema, schema.toPrettyString());
    return ExitCode.DONE.number();
  }

  /** The command that runs it, as a shell takes it. */
  private String next(@Nullable String day) {
    List<String> next = new ArrayList<>(List.of("tidemill", "run"));
    next.addAll(job.words());
    next.addAll(resume.words());
    next.addAll(signedBy.words());
    if (day != null) {
      next.addAll(List.of("--date", day));
    }
    return next.stream().map(Schedule::shell).collect(Collectors.joining(" "));
  }

  private void print(
      PrintWriter out, @Nullable String day, String begins, PipelinePlan plan, String next) {
    out.printf("job          %s (%s)%n", plan.name(), plan.mode());
    if (day != null) {
      out.printf(
          "date         %s%s%n",
          day,
          date.given() ? "" : " (today in %s, as no --date is given)".formatted(plan.timeZone()));
      out.printf("reads        %s%n", place(plan.source().options()));
      out.printf("publishes    %s%n", place(plan.sink().options()));
    }
    if (plan.errors() != null) {
      out.printf("errors       %s may become dead letters%n", plan.errors());
    }
    if (plan.gates() != null) {
      out.printf("gates        %s%n", plan.gates());
    }
    out.printf("store        %s%n", plan.store());
    out.printf("begins       %s%n", begins);
    print(out, "source", plan.source());
    PipelinePlan.SourceColumns found = plan.sourceColumns();
    if (found != null) {
      out.printf("  columns    as in %s%n", found.file());
      print(out, found.columns());
    }
    for (PipelinePlan.Step step : plan.steps()) {
      out.printf("step         %s%n", step.id());
      out.printf(
          "  model      %s%s%n",
          step.model(), step.reference().equals(step.model()) ? "" : " (" + step.reference() + ")");
      out.printf("  digest     %s%n", step.digest());
      out.printf(
          "  engine     %s on %s%s%n",
          step.engine(),
          step.device(),
          step.threads() == null ? "" : " (threads: " + step.threads() + ")");
      step.bindings().forEach(binding -> out.printf("  binding    %s%n", binding));
      out.printf("  batch      %s%n", step.batching());
      out.printf("  memory     %s of Arrow's for each subtask%n", new ByteSize(step.memoryBytes()));
      if (step.gpu() != null) {
        out.printf("  gpu        %s%n", step.gpu());
      }
    }
    print(out, "sink", plan.sink());
    print(out, plan.columns());
    PipelinePlan.Connector deadLetter = plan.deadLetter();
    if (deadLetter != null) {
      print(out, "dead-letter", deadLetter);
    }
    out.printf("memory       direct: %s of such a process here%n", plan.memory());
    out.printf("             heap: %s of such a process here%n", plan.memory().heap());
    plan.notes().forEach(note -> out.printf("note         %s%n", note));
    out.println();
    TextTable table = new TextTable("OPERATOR", "UID", "PARALLELISM");
    for (PipelinePlan.Operator operator : plan.operators()) {
      table.add(operator.name(), operator.uid(), String.valueOf(operator.parallelism()));
    }
    table.print(out);
    out.printf("%nnext         %s%n", next);
  }

  private static void print(PrintWriter out, List<RecordSchema.Column> columns) {
    columns.forEach(column -> out.printf("  column     %s %s%n", column.name(), column.type()));
  }

  private static void print(PrintWriter out, String part, PipelinePlan.Connector connector) {
    out.printf("%-12s %s: %s%n", part, connector.connector(), connector.guarantee());
    connector
        .options()
        .forEach(
            (key, value) -> {
              if (!key.equals(ConnectorOptions.CONNECTOR)) {
                out.printf("  option     %s: %s%n", key, value);
              }
            });
  }
}
