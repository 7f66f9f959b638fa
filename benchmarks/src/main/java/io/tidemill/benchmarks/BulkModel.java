package io.tidemill.benchmarks;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An engine's small model, alone: batches of the size that the jobs have, in one thread, by the
 * engine's own API.
 *
 * @param folder where the model is
 */
record BulkModel(EngineWorkload engine, String folder, Signature signature, String group)
    implements ProcessVariant {

  static BulkModel write(EngineWorkload engine, Path folder, String group) {
    return new BulkModel(engine, folder.toString(), engine.write(folder), group);
  }

  @Override
  public String name() {
    return "limit-" + engine.engine();
  }

  @Override
  public String floor() {
    return name();
  }

  /** Publishes it, and answers how a job names it. */
  String publish(Path store) {
    SemanticVersion version = SemanticVersion.parse("1.0.0");
    ModelStore.open(store.toString())
        .push(
            new ModelDraft(engine.engine(), version, engine.engine(), signature, Map.of()),
            Path.of(folder));
    return engine.engine() + ":" + version;
  }

  @Override
  public void measure(Turns turns) throws Exception {
    int batch = PlainFlinkJob.BATCH;
    float[] values = new float[batch * EngineWorkload.FEATURES];
    for (int row = 0; row < batch; row++) {
      fill(values, row, row);
    }
    try (Model unused = load();
        EngineWorkload.RawCalls calls = raw(values)) {
      EngineTurns own = new EngineTurns(calls::call, batch);
      own.take(turns.warmUp());
      for (Optional<Duration> turn = turns.next(); turn.isPresent(); turn = turns.next()) {
        own.forget();
        own.take(turn.get());
        turns.end(own.measurement());
      }
    }
  }

  /** What the model answers for these rows. */
  Map<Long, Float> scores(List<Long> identities) throws Exception {
    float[] values = new float[identities.size() * EngineWorkload.FEATURES];
    for (int row = 0; row < identities.size(); row++) {
      fill(values, row, identities.get(row));
    }
    Map<Long, Float> scores = new HashMap<>();
    try (Model unused = load();
        EngineWorkload.RawCalls calls = raw(values)) {
      calls.call();
      for (int row = 0; row < identities.size(); row++) {
        scores.put(identities.get(row), (float) calls.score(row));
      }
    }
    return scores;
  }

  private static void fill(float[] values, int row, long id) {
    float[] features = BulkTable.features(id, EngineWorkload.FEATURES);
    System.arraycopy(features, 0, values, row * features.length, features.length);
  }

  /** Has the engine's settings made, as a job does. */
  private Model load() {
    ModelVersion version =
        new ModelVersion(
            engine.engine(), SemanticVersion.parse("1.0.0"), "sha256:" + "0".repeat(64));
    return engine.served().load(version, signature, Path.of(folder), Placement.CPU);
  }

  private EngineWorkload.RawCalls raw(float[] values) throws Exception {
    return engine.raw(
        Path.of(folder), EngineDuel.direct(values), values.length / EngineWorkload.FEATURES);
  }
}
