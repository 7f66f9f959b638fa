package io.tidemill.pipelines.demo;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.ModelRef;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.cache.LocalModelCache;
import io.tidemill.pipelines.compose.PipelineComposer;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.SchemaDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import io.tidemill.pipelines.demo.DemoReport.Places;
import io.tidemill.pipelines.demo.Progress.Step;
import io.tidemill.pipelines.run.EmbeddedFlink;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.nio.file.Path;
import java.time.Duration;
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

  /** Without any new outcome for so long, those that are missing will not come. */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final Duration PAUSE = Duration.ofMillis(200);

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
   * @throws io.tidemill.pipelines.run.RunFailedException if the job fails
   */
  DemoReport run(boolean keepRunning) throws InterruptedException {
    System.setProperty(LocalModelCache.PROPERTY, folder.cache().toString());
    DemoBroker started = startBroker();
    ParsedPipeline parsed = read(started);
    PipelineDefinition job = parsed.definition();
    StepDefinition scored = job.steps().get(0);
    ModelManifest manifest =
        new DemoModel(folder, progress).publish(ModelRef.parse(scored.model()));
    PlannedPipeline planned =
        new PipelineComposer(folder.store().toString(), FRESH_METRICS)
            .plan(job, parsed::locationOf);
    DemoTopics topics = DemoTopics.of(planned);
    started.createTopics(
        PARTITIONS, topics.transactions(), topics.predictions(), topics.deadLetters());

    int backlog = settings.backlog();
    Ledger ledger = new Ledger(backlog + settings.steady(), PARTITIONS);
    Tally tally = new Tally(ledger, transactions, backlog);
    TransactionWriter writer =
        new TransactionWriter(
            started.bootstrapServers(), topics.transactions(), schema(job), transactions, ledger);
    write("Writing transactions", writer, 0, backlog, TransactionWriter.FULL_SPEED);
    RunningJob scoring = startJob(planned);
    BatchCounts batches;
    try (Readback readback = new Readback(started.bootstrapServers(), topics, ledger, tally)) {
      await("Scoring what waits", backlog, scoring, readback, topics);
      batches = scoring.batches(scored.id(), tally.outcomes().predictions());
      write("Writing more, steadily", writer, backlog, ledger.records(), STEADY_PER_SECOND);
      await("Waiting for their commit", ledger.records(), scoring, readback, topics);
      if (!keepRunning) {
        stop(scoring);
      }
      readback.readCommitted();
    }
    return new DemoReport(
        ledger.records(),
        backlog,
        STEADY_PER_SECOND,
        tally.outcomes(),
        batches.fill(scored.settings().batching().maxSize()),
        batches.closeCauses(),
        places(started, topics, scoring, manifest));
  }

  private DemoBroker startBroker() {
    try (Step step = progress.begin("Starting a Kafka broker")) {
      DemoBroker started = new DemoBroker(folder.broker());
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

  private void write(String what, TransactionWriter writer, int from, int to, int perSecond) {
    try (Step step = progress.begin(what, to - from)) {
      long beginNanos = System.nanoTime();
      writer.write(from, to, perSecond, step::at);
      double seconds = (System.nanoTime() - beginNanos) / 1e9;
      step.done(String.format(Locale.ROOT, "%,d at %,.0f/s", to - from, (to - from) / seconds));
    }
  }

  private RunningJob startJob(PlannedPipeline planned) {
    try (Step step = progress.begin("Starting " + settings.job())) {
      RunningJob started = new RunningJob(EmbeddedFlink.start(planned));
      running = started;
      step.done("web UI " + started.webInterface());
      return started;
    }
  }

  /**
   * Blocks until so many transactions have an outcome that a reader of committed records sees, or
   * none has come for {@link #PATIENCE}.
   */
  private void await(
      String what, int transactions, RunningJob scoring, Readback readback, DemoTopics topics)
      throws InterruptedException {
    DemoBroker started = requireNonNull(broker);
    try (Step step = progress.begin(what, transactions)) {
      long changedNanos = System.nanoTime();
      int seen = -1;
      while (seen < transactions && System.nanoTime() - changedNanos < PATIENCE.toNanos()) {
        scoring.pause(PAUSE);
        long appended = started.appended(PARTITIONS, topics.predictions(), topics.deadLetters());
        step.at(Math.min(transactions, appended));
        int there = readback.readCommitted();
        if (there != seen) {
          seen = there;
          changedNanos = System.nanoTime();
        }
      }
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

  /**
   * Blocks until the job ends by itself, which it does when it fails.
   *
   * @throws io.tidemill.pipelines.run.RunFailedException if it failed
   */
  void awaitEnd() throws InterruptedException {
    if (running != null) {
      running.awaitEnd();
    }
  }

  @Override
  public void close() {
    if (running != null) {
      running.close();
    }
    if (broker != null) {
      broker.close();
    }
    folder.close();
  }
}
