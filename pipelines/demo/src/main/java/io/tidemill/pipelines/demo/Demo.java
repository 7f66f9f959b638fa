package io.tidemill.pipelines.demo;

import io.tidemill.model.ModelRef;
import io.tidemill.model.store.LocalModelCache;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.pipelines.compose.PipelineComposer;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.SchemaDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import io.tidemill.pipelines.demo.DemoReport.Places;
import io.tidemill.pipelines.demo.Progress.Step;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The main job on one machine, from an empty folder to the account of every record.
 *
 * <p>A backlog of transactions is written at full speed and then worked off by the job, which tells
 * how fast it is; more transactions come at a steady rate while it runs, which tells how long one
 * takes. The job is the file as it is: where the broker is comes from the variable that the file
 * names. One option of Flink's is set beside it, how often the web UI's numbers are refreshed.
 *
 * <p>For use by one thread; closing it ends the job and the broker.
 */
final class Demo implements AutoCloseable {
  private static final String BROKER_VARIABLE = "KAFKA_BOOTSTRAP";
  private static final Map<String, String> FRESH_METRICS =
      Map.of("metrics.fetcher.update-interval", "1 s");
  private static final int PARTITIONS = 4;
  private static final int STEADY_PER_SECOND = 4_000;
  private static final long SEED = 20_261_101;

  private final Settings settings;
  private final Map<String, String> environment;
  private final Progress progress;
  private final DemoFolder folder;
  private final Transactions transactions = new Transactions(SEED);
  private @Nullable DemoBroker broker;
  private @Nullable RunningJob running;

  /**
   * What may be chosen.
   *
   * @param job the job file
   * @param workFolder where everything is kept
   * @param backlog how many transactions wait when the job begins
   * @param steady how many more come while it runs
   */
  record Settings(Path job, Path workFolder, int backlog, int steady) {}

  /**
   * Takes the work folder, and deletes what the demo before left in it.
   *
   * @throws IllegalArgumentException if the folder is somebody else's
   * @throws IllegalStateException if another demo works in it
   */
  Demo(Settings settings, Map<String, String> environment, Progress progress) {
    this.settings = settings;
    this.environment = Map.copyOf(environment);
    this.progress = progress;
    folder = DemoFolder.open(settings.workFolder());
  }

  /**
   * Runs it all, some tens of seconds.
   *
   * @param keepRunning whether the job runs on until this is closed; else it is stopped in order,
   *     and what it commits while it stops is counted too
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException if the job file is wrong
   * @throws io.tidemill.pipelines.compose.RunFailedException if the job fails
   */
  DemoReport run(boolean keepRunning) throws InterruptedException {
    System.setProperty(LocalModelCache.PROPERTY, folder.cache().toString());
    DemoBroker started = startBroker();
    ParsedPipeline parsed = read(started);
    PipelineDefinition job = parsed.definition();
    DemoTopics topics = DemoTopics.of(job);
    started.createTopics(
        PARTITIONS, topics.transactions(), topics.predictions(), topics.deadLetters());
    StepDefinition step = job.steps().get(0);
    ModelManifest manifest = new DemoModel(folder, progress).publish(ModelRef.parse(step.model()));
    PlannedPipeline planned =
        new PipelineComposer(folder.store().toString(), FRESH_METRICS)
            .plan(job, parsed.locations()::of);

    Ledger ledger = new Ledger(settings.backlog() + settings.steady(), PARTITIONS);
    Tally tally = new Tally(ledger, transactions, settings.backlog());
    TransactionWriter writer =
        new TransactionWriter(started.bootstrapServers(), schema(job), transactions);
    writeBacklog(writer, topics, ledger);
    RunningJob scoring = startJob(planned);
    BatchCounts batches;
    try (Readback readback =
        new Readback(started.bootstrapServers(), topics.readback(planned), ledger, tally)) {
      try (AppendedRecords appended =
          new AppendedRecords(
              started.bootstrapServers(), PARTITIONS, topics.predictions(), topics.deadLetters())) {
        OutcomeWatch watch = new OutcomeWatch(scoring, readback, appended, tally);
        scoreBacklog(watch);
        batches = scoring.batches(step.id(), tally.outcomes().predictions());
        scoreSteadily(watch, writer, topics, ledger);
      }
      if (!keepRunning) {
        stop(scoring);
      }
      readback.readCommitted();
    }
    return new DemoReport(
        ledger.records(),
        settings.backlog(),
        STEADY_PER_SECOND,
        tally.outcomes(),
        batches.fill(step.settings().batching().maxSize()),
        batches.closeCauses(),
        places(started, topics, scoring, manifest));
  }

  /**
   * Blocks until the job ends by itself, which it does when it fails.
   *
   * @throws io.tidemill.pipelines.compose.RunFailedException if it failed
   */
  void awaitEnd() throws InterruptedException {
    RunningJob job = running;
    if (job != null) {
      job.awaitEnd();
    }
  }

  @Override
  public void close() {
    RunningJob job = running;
    if (job != null) {
      job.close();
    }
    DemoBroker started = broker;
    if (started != null) {
      started.close();
    }
    folder.close();
  }

  private DemoBroker startBroker() {
    try (Step step = progress.begin("Starting a Kafka broker")) {
      DemoBroker started = DemoBroker.start(folder.broker());
      broker = started;
      step.done(started.bootstrapServers());
      return started;
    }
  }

  private ParsedPipeline read(DemoBroker started) {
    Map<String, String> variables = new HashMap<>(environment);
    variables.put(BROKER_VARIABLE, started.bootstrapServers());
    return new PipelineReader(variables).read(settings.job());
  }

  private void writeBacklog(TransactionWriter writer, DemoTopics topics, Ledger ledger) {
    int backlog = settings.backlog();
    try (Step step = progress.begin("Writing transactions", backlog)) {
      long beginNanos = System.nanoTime();
      writer.write(
          topics.transactions(), ledger, 0, backlog, TransactionWriter.FULL_SPEED, step::at);
      double seconds = (System.nanoTime() - beginNanos) / 1e9;
      step.done(String.format(Locale.ROOT, "%,d at %,.0f/s", backlog, backlog / seconds));
    }
  }

  private RunningJob startJob(PlannedPipeline planned) {
    try (Step step = progress.begin("Starting " + settings.job())) {
      RunningJob started = RunningJob.start(planned);
      running = started;
      step.done("web UI " + started.webInterface());
      return started;
    }
  }

  private void scoreBacklog(OutcomeWatch watch) throws InterruptedException {
    try (Step step = progress.begin("Scoring what waits", settings.backlog())) {
      watch.await(settings.backlog(), step);
      step.done("committed");
    }
  }

  private void scoreSteadily(
      OutcomeWatch watch, TransactionWriter writer, DemoTopics topics, Ledger ledger)
      throws InterruptedException {
    int backlog = settings.backlog();
    int all = ledger.records();
    try (Step step = progress.begin("Writing more, steadily", settings.steady())) {
      writer.write(topics.transactions(), ledger, backlog, all, STEADY_PER_SECOND, step::at);
      step.done(String.format(Locale.ROOT, "%,d at %,d/s", all - backlog, STEADY_PER_SECOND));
    }
    try (Step step = progress.begin("Waiting for their commit", all)) {
      watch.await(all, step);
      step.done("committed");
    }
  }

  private void stop(RunningJob scoring) throws InterruptedException {
    try (Step step = progress.begin("Stopping the job")) {
      scoring.stop(folder.flink().resolve("savepoint"));
      step.done("with a savepoint");
    }
  }

  private Places places(
      DemoBroker started, DemoTopics topics, RunningJob scoring, ModelManifest manifest) {
    return new Places(
        scoring.webInterface().toString(),
        started.bootstrapServers(),
        topics.transactions(),
        topics.predictions(),
        topics.deadLetters(),
        manifest.ref().toString(),
        manifest.digest(),
        folder.store().toString(),
        folder.root().toString());
  }

  private static Schema schema(PipelineDefinition job) {
    if (job.source().schema() instanceof SchemaDefinition.File file) {
      return TransactionEncoder.readSchema(file.path());
    }
    throw new IllegalArgumentException(
        "job: source without 'schema' (expected: the Avro schema file of the transactions)");
  }
}
