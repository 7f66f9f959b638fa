package io.tidemill.pipelines.demo;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.pipelines.demo.FraudTraining.Trained;
import io.tidemill.pipelines.demo.Progress.Step;
import java.util.Locale;
import java.util.Map;

/**
 * The model of the demo: trained, published, and named as the job names it.
 *
 * <p>Immutable and so safe for use by several threads.
 */
final class DemoModel {
  private static final SemanticVersion VERSION = SemanticVersion.parse("1.4.2");
  private static final String ENGINE = "tensorflow";
  private static final long SEED = 17;

  private final DemoFolder folder;
  private final Progress progress;

  DemoModel(DemoFolder folder, Progress progress) {
    this.folder = folder;
    this.progress = progress;
  }

  /**
   * Trains a model and publishes it so that a reference means it. Blocks for some seconds.
   *
   * @throws io.tidemill.model.ModelException if TensorFlow does not start here, or the store does
   *     not take the model
   */
  ModelManifest publish(ModelRef reference) {
    Trained trained = train();
    try (Step step = progress.begin("Publishing the model")) {
      ModelStore store = ModelStore.open(folder.store().toString());
      SemanticVersion asked = reference.version();
      SemanticVersion version = asked == null ? VERSION : asked;
      ModelManifest manifest =
          store.push(
              new ModelDraft(
                  reference.name(),
                  version,
                  ENGINE,
                  Engines.here().find(ENGINE).signature(trained.savedModel()).orElseThrow(),
                  Map.of("trained-by", "tidemill demo")),
              trained.savedModel());
      String alias = reference.alias();
      if (alias != null) {
        store.alias(reference.name(), alias, version);
      }
      step.done(manifest.ref() + (alias == null ? "" : ", which is " + reference + " now"));
      return manifest;
    }
  }

  private Trained train() {
    try (Step step = progress.begin("Training the fraud model", FraudTraining.STEPS)) {
      // Transactions of another seed than those that are scored.
      Trained trained =
          new FraudTraining(new Transactions(SEED), SEED).train(folder.training(), step::at);
      step.done(
          String.format(
              Locale.ROOT,
              "on %,d transactions, AUC %.3f on %,d others",
              trained.rows(),
              trained.auc(),
              trained.heldOutRows()));
      return trained;
    }
  }
}
