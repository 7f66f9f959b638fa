package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a publisher says about a version; its files say the rest.
 *
 * @param engine the name of the engine that loads it, such as {@code tensorflow}
 * @param labels what the publisher wants to find again, such as {@code training-run}; they prove
 *     nothing and are not part of the digest
 */
public record ModelDraft(
    String name,
    SemanticVersion version,
    String engine,
    Signature signature,
    Map<String, String> labels) {
  public ModelDraft {
    ModelRef.checkName("model name", name);
    requireNonNull(version, "version");
    ModelRef.checkName("engine of " + name + ":" + version, engine);
    requireNonNull(signature, "signature");
    labels = sorted(labels);
  }

  static SortedMap<String, String> sorted(Map<String, String> labels) {
    return Collections.unmodifiableSortedMap(new TreeMap<>(labels));
  }
}
