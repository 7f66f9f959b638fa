package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.pipelines.unit.PackedUnit;
import java.util.List;
import java.util.Map;

/** What JSON has of a unit in a store. */
record UnitView(
    String name,
    String version,
    String digest,
    List<String> aliases,
    List<String> models,
    long bytes) {

  /** With those of its aliases that mean this version. */
  static UnitView of(ModelManifest lock, Map<String, SemanticVersion> aliases) {
    return new UnitView(
        lock.name(),
        lock.version().toString(),
        lock.digest(),
        aliases.keySet().stream()
            .filter(alias -> lock.version().equals(aliases.get(alias)))
            .sorted()
            .toList(),
        PackedUnit.models(lock).stream().map(ModelVersion::toString).toList(),
        lock.bytes());
  }
}
