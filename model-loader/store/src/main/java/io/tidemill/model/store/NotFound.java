package io.tidemill.model.store;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreRefusedException;
import java.util.Collection;
import java.util.List;

/**
 * What every store says when something is not there: what is, and what was probably meant.
 *
 * <p>Stateless and thread-safe.
 */
public final class NotFound {
  private NotFound() {}

  public static StoreRefusedException model(String store, String name, Collection<String> there) {
    return failure("model '" + name + "'", "store " + store, there, name);
  }

  public static StoreRefusedException version(
      String store, String name, SemanticVersion version, Collection<SemanticVersion> there) {
    List<String> versions = there.stream().sorted().map(SemanticVersion::toString).toList();
    return failure(
        "version " + version + " of model '" + name + "'",
        "store " + store,
        versions,
        version.toString());
  }

  public static StoreRefusedException release(
      String store, String name, Collection<SemanticVersion> there) {
    List<String> versions = there.stream().sorted().map(SemanticVersion::toString).toList();
    return failure("release of model '" + name + "'", "store " + store, versions, "");
  }

  public static StoreRefusedException alias(
      String store, String name, String alias, Collection<String> there) {
    return failure("alias '" + alias + "' of model '" + name + "'", "store " + store, there, alias);
  }

  private static StoreRefusedException failure(
      String what, String where, Collection<String> there, String wrong) {
    String list = there.isEmpty() ? "none" : String.join(", ", there);
    String meant =
        Suggestion.nearest(wrong, there).map(name -> "did you mean '" + name + "'? ").orElse("");
    return new StoreRefusedException(
        "%s: not in %s (%sthere: %s)".formatted(what, where, meant, list));
  }
}
