package io.tidemill.pipelines.nightly;

import static java.util.Objects.requireNonNull;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** On this machine's files, as if far away. */
class CrashTest {
  @TempDir private static Path directory;

  @Nested
  class WhereFoldersAreMovedInOneStep extends OnThisMachine {
    WhereFoldersAreMovedInOneStep() {
      super(true);
    }
  }

  @Nested
  class WhereFilesAreCopied extends OnThisMachine {
    WhereFilesAreCopied() {
      super(false);
    }
  }

  private abstract static class OnThisMachine extends CrashContract {
    private final boolean movesAtOnce;

    OnThisMachine(boolean movesAtOnce) {
      this.movesAtOnce = movesAtOnce;
    }

    @Override
    Storage storage(String name) throws Exception {
      return LocalStorage.in((movesAtOnce ? "moved-" : "copied-") + name, movesAtOnce);
    }

    @Override
    int leastCalls() {
      return 60;
    }

    @Override
    int stride() {
      return 1;
    }
  }

  private static final class LocalStorage implements CrashContract.Storage {
    private final Nights nights;
    private final boolean movesAtOnce;
    private @Nullable CrashingFileSystem files;

    private LocalStorage(Nights nights, boolean movesAtOnce) {
      this.nights = nights;
      this.movesAtOnce = movesAtOnce;
    }

    static LocalStorage in(String folder, boolean movesAtOnce) throws Exception {
      return new LocalStorage(
          new Nights(Files.createDirectories(directory.resolve(folder))), movesAtOnce);
    }

    @Override
    public Nights nights() {
      return nights;
    }

    @Override
    public boolean movesAtOnce() {
      return movesAtOnce;
    }

    @Override
    public DatedJob job(Nights job, long calls) {
      files = new CrashingFileSystem(movesAtOnce, calls);
      return job.job(files, movesAtOnce);
    }

    @Override
    public boolean crashed() {
      return requireNonNull(files, "files").crashed();
    }
  }
}
