package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a publisher says about a version; its files say the rest.
 *
 * @param engine the name of the engine that loads it, such as {@code tensorflow}
 * @param labels what the publisher wants to find again, such as {@code training-run}
 * @param origin what the version was exported as: published again as it was, with its time and
 *     digest, if it is still the same; null where there is none
 */
public record ModelDraft(
    String name,
    SemanticVersion version,
    String engine,
    Signature signature,
    Map<String, String> labels,
    @Nullable ModelManifest origin) {
  public ModelDraft {
    ModelRef.checkName("model name", name);
    requireNonNull(version, "version");
    ModelRef.checkName("engine of " + name + ":" + version, engine);
    requireNonNull(signature, "signature");
    labels = sorted(labels);
  }

  /** A draft of a version that was not published before. */
  public ModelDraft(
      String name,
      SemanticVersion version,
      String engine,
      Signature signature,
      Map<String, String> labels) {
    this(name, version, engine, signature, labels, null);
  }

  static SortedMap<String, String> sorted(Map<String, String> labels) {
    return Collections.unmodifiableSortedMap(new TreeMap<>(labels));
  }
}
