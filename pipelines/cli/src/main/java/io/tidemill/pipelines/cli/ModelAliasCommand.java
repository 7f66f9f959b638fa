package io.tidemill.pipelines.cli;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ModelStore;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemill model alias}. */
@Command(
    name = "alias",
    description = {
      "Make NAME@ALIAS mean a version, or take an alias away.",
      "Running jobs keep the version that they were planned with.",
      "Taking one away asks first, and so does changing one that the",
      "store's policy counts as production."
    },
    mixinStandardHelpOptions = true)
final class ModelAliasCommand implements Runnable {
  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "NAME:VERSION as in fraud:1.4.2; with --delete NAME@ALIAS.")
  private ModelRef ref;

  @Parameters(index = "1", arity = "0..1", paramLabel = "ALIAS", description = "As in production.")
  private @Nullable String alias;

  @Option(names = "--delete", description = "Take NAME@ALIAS away; its version stays.")
  private boolean delete;

  @Mixin private StoreOption storeOption;
  @Mixin private Output output;
  @Mixin private DryRunOption dryRun;
  @Mixin private ConfirmOption confirmation;

  /**
   * What JSON has of a change.
   *
   * @param version what the alias means now; null if it is taken away
   * @param before what it meant before; null if it was not there
   */
  private record View(
      String name, String alias, @Nullable String version, @Nullable String before) {
    static View of(
        String name,
        String alias,
        @Nullable SemanticVersion version,
        @Nullable SemanticVersion before) {
      return new View(
          name,
          alias,
          version == null ? null : version.toString(),
          before == null ? null : before.toString());
    }
  }

  @Override
  public void run() {
    if (delete) {
      remove();
    } else {
      move(VersionArgument.of(ref));
    }
  }

  private void remove() {
    String name = ref.alias();
    if (name == null || alias != null) {
      throw refused(
          "alias to delete: '%s' (expected: name@alias alone, as in fraud@production)"
              .formatted(alias == null ? ref : ref + " " + alias));
    }
    ModelStore store = storeOption.open();
    SemanticVersion meant = meant(store);
    if (!dryRun.asked()) {
      confirmation.confirm(
          "take away %s, which %s".formatted(ref, meant == null ? "is damaged" : "means " + meant));
      store.removeAlias(ref.name(), name);
    }
    output.print(
        View.of(ref.name(), name, null, meant),
        "%s%s is taken away (was %s)".formatted(would(), ref, meant == null ? "damaged" : meant));
  }

  /** Null for a damaged alias, which can be taken away all the same. */
  private @Nullable SemanticVersion meant(ModelStore store) {
    try {
      return store.resolve(ref).version();
    } catch (InvalidModelException damaged) {
      return null;
    }
  }

  private void move(VersionArgument to) {
    String name = alias;
    if (name == null) {
      throw refused("alias: none (expected: a name as in production)");
    }
    ModelStore store = storeOption.open();
    SemanticVersion before = before(store, to, name);
    if (!dryRun.asked() && !to.version().equals(before)) {
      if (store.isProduction(name)) {
        confirmation.confirm(
            "make %s@%s mean %s%s"
                .formatted(
                    to.name(), name, to.version(), before == null ? "" : " instead of " + before));
      }
      store.alias(to.name(), name, to.version());
    }
    output.print(
        View.of(to.name(), name, to.version(), before),
        would() + to.name() + "@" + name + moved(to, before));
  }

  private static String moved(VersionArgument to, @Nullable SemanticVersion before) {
    if (before == null) {
      return " is " + to.version();
    }
    return before.equals(to.version())
        ? " is " + before + " already"
        : ": " + before + " -> " + to.version();
  }

  private static @Nullable SemanticVersion before(
      ModelStore store, VersionArgument to, String name) {
    try {
      ModelRef.checkName("alias", name);
      store.checkAlias(to.name(), name, to.version());
      return store.aliases(to.name()).get(name);
    } catch (IllegalArgumentException refused) {
      throw new CommandFailedException(refused);
    }
  }

  private static CommandFailedException refused(String message) {
    return new CommandFailedException(ExitCode.USAGE, message);
  }

  private String would() {
    return dryRun.asked() ? "dry run: " : "";
  }
}
