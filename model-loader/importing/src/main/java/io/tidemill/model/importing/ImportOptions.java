package io.tidemill.model.importing;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.Signature;
import io.tidemill.model.importing.archive.ArchiveLimits;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the user says of a model that is imported; what is null, its files say.
 *
 * @param engine such as {@code onnx}, where the files fit several
 * @param signature where the files have none
 * @param signatureName which of a SavedModel's signatures
 * @param number which of the numbered versions, such as 3 for the folder {@code 3}
 * @param constants the values of inputs that have no rows, by name: text, or numbers with commas
 *     between them
 * @param limits for archives
 */
public record ImportOptions(
    @Nullable String engine,
    @Nullable Signature signature,
    @Nullable String signatureName,
    @Nullable Long number,
    Map<String, String> constants,
    ArchiveLimits limits) {
  /** Nothing is said. */
  public static final ImportOptions NONE =
      new ImportOptions(null, null, null, null, Map.of(), ArchiveLimits.DEFAULT);

  public ImportOptions {
    constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
    requireNonNull(limits, "limits");
  }
}
