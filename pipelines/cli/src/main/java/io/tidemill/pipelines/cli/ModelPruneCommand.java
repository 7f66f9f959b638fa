package io.tidemill.pipelines.cli;

import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.StoreLeftover;
import io.tidemill.model.store.cache.CacheEntry;
import io.tidemill.model.store.cache.LocalModelCache;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemill model prune}. */
@Command(
    name = "prune",
    description = {
      "Show this machine's cache of models, and free it.",
      "What a process uses stays. Left over parts of fetches that died go always.",
      "Of the store, what pushes left that died more than a day ago is shown and freed",
      "too; every version stays."
    },
    mixinStandardHelpOptions = true)
final class ModelPruneCommand implements Runnable {
  @Option(
      names = "--max-size",
      paramLabel = "SIZE",
      description = {
        "Delete the longest unused until the rest is within this, as in 10GiB; 0 deletes all.",
        "Default: -Dtidemill.cache.max-size, else $TIDEMILL_CACHE_MAX_SIZE, else 20GiB."
      })
  private @Nullable ByteSize maxSize;

  @Option(
      names = "--older-than",
      paramLabel = "TIME",
      description = "Delete what nobody used in this time too, as in 30d.")
  private @Nullable Duration olderThan;

  @Mixin private StoreOption storeOption;
  @Mixin private Output output;
  @Mixin private DryRunOption dryRun;
  @Mixin private ConfirmOption confirmation;

  /** What JSON has of the cache. */
  private record View(
      String directory,
      boolean dryRun,
      long freedBytes,
      List<Entry> entries,
      List<String> leftovers) {}

  /** What JSON has of one of its entries. */
  private record Entry(
      @Nullable String model,
      String digest,
      long bytes,
      String lastUsed,
      boolean inUse,
      boolean leftover,
      boolean deleted) {
    static Entry of(CacheEntry entry, boolean deleted) {
      return new Entry(
          entry.model(),
          entry.digest(),
          entry.bytes(),
          entry.lastUsed().toString(),
          entry.inUse(),
          entry.leftover(),
          deleted);
    }
  }

  @Override
  public void run() {
    ModelStore store = storeOption.open();
    LocalModelCache cache = LocalModelCache.ofUser();
    ByteSize limit = maxSize == null ? cache.maxSize() : maxSize;
    List<CacheEntry> entries = cache.entries();
    List<CacheEntry> chosen = cache.prune(limit, olderThan, true);
    if (output.forPeople()) {
      show(out -> print(out, cache.directory(), entries, paths(chosen)));
    }
    List<StoreLeftover> leftovers = leftovers(store);
    if (output.forPeople()) {
      show(
          out ->
              leftovers.forEach(
                  left ->
                      out.printf("left over %s, %s%n", left.place(), new ByteSize(left.bytes()))));
    }
    List<CacheEntry> deleted = chosen;
    if (!dryRun.asked() && !(chosen.isEmpty() && leftovers.isEmpty())) {
      confirmation.confirm(
          "delete %d of the cache's entries, %s, and %d left over in stores"
              .formatted(chosen.size(), sizeOf(chosen), leftovers.size()));
      deleted = cache.prune(limit, olderThan, false);
      leftovers.forEach(store::delete);
    }
    ByteSize freed =
        new ByteSize(
            sizeOf(deleted).bytes() + leftovers.stream().mapToLong(StoreLeftover::bytes).sum());
    Set<Path> gone = paths(deleted);
    output.print(
        new View(
            cache.directory().toString(),
            dryRun.asked(),
            freed.bytes(),
            entries.stream().map(entry -> Entry.of(entry, gone.contains(entry.path()))).toList(),
            leftovers.stream().map(StoreLeftover::place).toList()),
        (dryRun.asked() ? "dry run: would free " : "freed ") + freed);
  }

  /** The cache is freed without a store that is away, unless the option asks for both. */
  private List<StoreLeftover> leftovers(ModelStore store) {
    try {
      return store.leftovers();
    } catch (StoreUnavailableException away) {
      if (storeOption.given()) {
        throw away;
      }
      if (storeOption.named()) {
        output.say("not looked at: " + away.getMessage());
      }
      return List.of();
    }
  }

  private void show(Consumer<PrintWriter> text) {
    PrintWriter plain = new PrintWriter(new PlainWriter(output.out()));
    text.accept(plain);
    plain.flush();
  }

  private static ByteSize sizeOf(List<CacheEntry> entries) {
    return new ByteSize(entries.stream().mapToLong(CacheEntry::bytes).sum());
  }

  private static Set<Path> paths(List<CacheEntry> entries) {
    return entries.stream().map(CacheEntry::path).collect(Collectors.toSet());
  }

  private static void print(
      PrintWriter out, Path directory, List<CacheEntry> entries, Set<Path> chosen) {
    out.printf("cache %s, %s%n", directory, sizeOf(entries));
    if (entries.isEmpty()) {
      return;
    }
    TextTable table = new TextTable("MODEL", "SIZE", "LAST USED", "", "DIGEST");
    for (CacheEntry entry : entries) {
      String model = entry.model() == null ? "?" : entry.model();
      table.add(
          entry.leftover() ? "(left over)" : model,
          new ByteSize(entry.bytes()).toString(),
          entry.lastUsed().truncatedTo(ChronoUnit.SECONDS).toString(),
          chosen.contains(entry.path()) ? "delete" : entry.inUse() ? "in use" : "keep",
          entry.digest());
    }
    table.print(out);
  }
}
