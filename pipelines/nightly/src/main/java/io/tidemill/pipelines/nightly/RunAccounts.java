package io.tidemill.pipelines.nightly;

import io.tidemill.model.store.GuardedFiles;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;

/**
 * The accounts of all runs that publish to one place.
 *
 * <p>Thread-safe.
 *
 * @param folder what belongs to the place, and is hidden from readers
 */
record RunAccounts(GuardedFiles files, Path folder) {
  /** As many runs of one date are remembered. */
  private static final int REMEMBERED = 50;

  private static final Pattern NAME = Pattern.compile("(\\d{8,9})-[0-9a-f]+\\.json");

  private Path runs() {
    return new Path(folder, "runs");
  }

  private Stream<String> names() {
    return files.list(runs()).stream()
        .map(FileStatus::getPath)
        .map(Path::getName)
        .filter(name -> NAME.matcher(name).matches())
        .sorted();
  }

  /**
   * All accounts, the oldest first.
   *
   * @throws NightlyException if one is damaged, as it may be that of a run that goes on
   */
  List<RunAccount> all() {
    return all(
        damaged -> {
          throw damaged;
        });
  }

  /**
   * The same, for who only looks at them.
   *
   * @param damaged is told of each that cannot be read
   */
  List<RunAccount> all(Consumer<NightlyException> damaged) {
    List<RunAccount> all = new ArrayList<>();
    for (String name : names().toList()) {
      try {
        // One may go meanwhile, of a run that found nothing to do.
        new AccountFiles(files).read(new Path(runs(), name), RunAccount.class).ifPresent(all::add);
      } catch (NightlyException unreadable) {
        damaged.accept(unreadable);
      }
    }
    return all;
  }

  /** The accounts of runs that go on, or have died without a word, but for one. */
  List<RunAccount> activeBut(RunAccount own) {
    return all().stream()
        .filter(account -> account.state().active() && !account.id().equals(own.id()))
        .toList();
  }

  /** The highest number of a run but for one; 0 if there is none. */
  int newestBut(RunAccount own) {
    return names()
        .filter(name -> !name.equals(own.name()))
        .mapToInt(name -> Integer.parseInt(name.substring(0, name.indexOf('-'))))
        .max()
        .orElse(0);
  }

  void write(RunAccount account) {
    new AccountFiles(files).write(file(account), account);
  }

  /** What is written of a run now; empty if it was taken back. */
  Optional<RunAccount> written(RunAccount account) {
    return new AccountFiles(files).read(file(account), RunAccount.class);
  }

  void delete(RunAccount account) {
    files.delete(file(account));
  }

  /** The newest run of a job that has published; empty if there is none. */
  Optional<RunAccount> published(String job) {
    // Past those that are damaged: what it published says itself what it is.
    return all(damaged -> {}).stream()
        .filter(account -> account.state() == RunState.PUBLISHED && account.job().equals(job))
        .reduce((earlier, later) -> later);
  }

  /** Those that are held, the oldest first. */
  List<RunAccount> held() {
    return all().stream().filter(account -> account.state() == RunState.HELD).toList();
  }

  /** Makes an end of what was held before a run that is published or held itself. */
  void release(RunAccount by) {
    for (RunAccount held : held()) {
      if (held.id().equals(by.publishes())) {
        write(held.released(RunState.PUBLISHED, "published as run %d".formatted(by.run())));
      } else if (held.run() < by.run()) {
        write(held.released(RunState.DISCARDED, "run %d came after it".formatted(by.run())));
      }
    }
  }

  /** Forgets the oldest of many, but none that is held and not the newest that has published. */
  void forgetOld() {
    List<String> names = names().toList();
    if (names.size() <= REMEMBERED) {
      return;
    }
    Set<String> kept = new HashSet<>();
    String published = "";
    for (RunAccount account : all()) {
      if (account.state() == RunState.HELD) {
        kept.add(account.name());
      } else if (account.state() == RunState.PUBLISHED) {
        published = account.name();
      }
    }
    kept.add(published);
    for (String name : names.subList(0, names.size() - REMEMBERED)) {
      if (!kept.contains(name)) {
        files.delete(new Path(runs(), name));
      }
    }
  }

  private Path file(RunAccount account) {
    return new Path(runs(), account.name());
  }
}
