package io.tidemill.benchmarks;

/**
 * Nothing but calls of one engine's small model on values that were filled in once, by Tidemill or
 * by the engine's own API. Both are measured at once, whichever is asked for first.
 *
 * @param raw whether by the engine's own API
 */
record EngineCalls(EngineDuel duel, boolean raw) implements Variant {

  /** The same by the engine's own API. */
  EngineCalls byItself() {
    return new EngineCalls(duel, true);
  }

  EngineWorkload workload() {
    return duel.workload();
  }

  int batch() {
    return duel.batch();
  }

  @Override
  public String name() {
    return "engine-%s-%s-b%d".formatted(workload().engine(), raw ? "raw" : "model", batch());
  }

  @Override
  public String floor() {
    return byItself().name();
  }

  /** Runs for as long as the settings say. Blocks. */
  Measurement measure(Settings settings) throws Exception {
    return raw ? duel.measureRaw(settings) : duel.measureModel(settings);
  }
}
