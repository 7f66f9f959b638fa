package io.tidemill.pipelines.nightly;

import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * What a run has around it.
 *
 * @param owner this process
 * @param lives whether another process runs, where that can be told at once
 * @param versions of what it runs with, and what its GPUs are
 */
public record Surroundings(
    Clock clock,
    Pause pause,
    Owner owner,
    Function<Owner, Optional<Boolean>> lives,
    Map<String, String> versions) {
  public Surroundings {
    versions = Map.copyOf(versions);
  }

  /** The same with more of what it runs with. */
  Surroundings with(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(versions);
    all.putAll(more);
    return new Surroundings(clock, pause, owner, lives, all);
  }

  /** Those of this process. */
  public static Surroundings ofProcess(Map<String, String> versions) {
    return new Surroundings(
        Clock.systemUTC(),
        time -> TimeUnit.NANOSECONDS.sleep(time.toNanos()),
        Owner.ofProcess(),
        Owner::lives,
        versions);
  }
}
