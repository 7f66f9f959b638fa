package io.tidemill.pipelines.failures;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.failure.FailureEnricher;
import org.apache.flink.core.failure.FailureEnricherFactory;

/**
 * Gives each failure of a job that Tidemill knows the label {@code tidemill.failure}: DATA, MODEL,
 * MEMORY, STORE or CONFIG. Flink shows it in its web UI and in {@code /jobs/ID/exceptions} where
 * {@code jobmanager.failure-enrichers} names this class. Thread-safe.
 */
public final class FailureLabels implements FailureEnricher {
  static final String KEY = "tidemill.failure";

  /** Made by the factory alone, which Flink finds. */
  private FailureLabels() {}

  /** For Flink, which finds it through {@code ServiceLoader}. */
  public static final class Factory implements FailureEnricherFactory {
    /** For Flink. */
    public Factory() {}

    @Override
    public FailureEnricher createFailureEnricher(Configuration configuration) {
      return new FailureLabels();
    }
  }

  @Override
  public Set<String> getOutputKeys() {
    return Set.of(KEY);
  }

  @Override
  public CompletableFuture<Map<String, String>> processFailure(Throwable cause, Context context) {
    return CompletableFuture.completedFuture(
        Label.of(cause).map(label -> Map.of(KEY, label.name())).orElse(Map.of()));
  }
}
