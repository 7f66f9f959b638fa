package io.tidemill.benchmarks;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/**
 * Runs a Kafka job with the step beside the same job without it, by turns, and prints what the step
 * costs.
 *
 * <p>Progress goes to standard error, the result to standard output.
 */
public final class KafkaComparison {
  static final String MODEL = "mlp";

  /** The script that users start; without it, the command runs on this class path. */
  private static final String SCRIPT = "tidemill.benchmarks.script";

  private final KafkaArguments asked;
  private final String script;
  private final PrintStream progress;
  private int jobs;

  private KafkaComparison(KafkaArguments asked, String script, PrintStream progress) {
    this.asked = asked;
    this.script = script;
    this.progress = progress;
  }

  public static void main(String[] arguments) throws Exception {
    KafkaArguments asked;
    try {
      asked = KafkaArguments.parse(arguments);
    } catch (UsageException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    KafkaReport report = measure(asked, System.getProperty(SCRIPT, ""), System.err);
    System.out.println(asked.json() ? report.json() : report.table());
  }

  /** Measures in a folder of its own, which is deleted then. */
  static KafkaReport measure(KafkaArguments asked, String script, PrintStream progress)
      throws IOException, InterruptedException, ExecutionException {
    try (WorkFolder folder = WorkFolder.create()) {
      return new KafkaComparison(asked, script, progress).measureIn(folder.path());
    }
  }

  private KafkaReport measureIn(Path root)
      throws IOException, InterruptedException, ExecutionException {
    Path store = publish(root);
    progress.printf("%,d records for a broker%n", asked.records());
    KafkaVariant passThrough = new KafkaVariant.PassThrough(false);
    KafkaVariant scoring = new ScoringKafkaJob(script);
    List<KafkaVariant> variants = List.of(passThrough, new KafkaVariant.PassThrough(true), scoring);
    KafkaReport report = new KafkaReport(asked);
    try (BrokerProcess broker = BrokerProcess.start(root, asked.records())) {
      for (int turn = 0; turn < asked.turns(); turn++) {
        Map<String, KafkaTurn> lap = new LinkedHashMap<>();
        for (KafkaVariant variant : variants) {
          KafkaJob job = job(root, store, broker);
          KafkaTurn measured = new JobProcess(variant, job, asked.records()).run(List.of());
          progress.printf(
              "%d/%d %s: %.1f s%n",
              turn + 1, asked.turns(), variant.name(), measured.wallSeconds());
          lap.put(variant.name(), measured);
        }
        report.add(lap);
      }
      for (KafkaVariant variant : List.of(passThrough, scoring)) {
        progress.printf("sampling %s%n", variant.name());
        KafkaJob job = job(root, store, broker);
        Path recording = job.folder().resolve("samples.jfr");
        KafkaTurn turn =
            new JobProcess(variant, job, asked.records())
                .run(List.of("-XX:StartFlightRecording:filename=" + recording));
        report.addSamples(
            variant.name(), StackSamples.parts(recording, turn.firstRecord(), turn.lastRecord()));
      }
    }
    return report;
  }

  private static Path publish(Path root) {
    Path model = root.resolve("model");
    Signature signature = SavedModels.mlp(model, KafkaRecords.FEATURES);
    Path store = root.resolve("store");
    ModelStore.open(store.toString())
        .push(
            new ModelDraft(
                MODEL, SemanticVersion.parse("1.0.0"), "tensorflow", signature, Map.of()),
            model);
    return store;
  }

  private KafkaJob job(Path root, Path store, BrokerProcess broker) throws IOException {
    String name = "job-" + ++jobs;
    Path folder = Files.createDirectory(root.resolve(name));
    return new KafkaJob(
        name, broker.bootstrapServers(), BrokerProcess.TOPIC, name + "-out", store, folder);
  }
}
