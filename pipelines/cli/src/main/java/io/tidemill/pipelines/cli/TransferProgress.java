package io.tidemill.pipelines.cli;

import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.TransferListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * One line on a terminal that says how far a transfer is, and is gone when it ends.
 *
 * <p>For use by one thread.
 */
final class TransferProgress implements TransferListener, AutoCloseable {
  private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
  static final String CLEAR_LINE = "\r\u001B[2K";

  private final PrintWriter err;
  private final boolean shown;
  private final String what;
  private final LongSupplier nanoClock;
  private final long beginNanos;
  private long drawnNanos;
  private boolean drawn;

  /**
   * @param shown whether there is a terminal, and a person who wants to see it
   * @param what is done, as in "pushing fraud:1.4.2"
   * @param nanoClock nanoseconds since an arbitrary instant
   */
  TransferProgress(PrintWriter err, boolean shown, String what, LongSupplier nanoClock) {
    this.err = err;
    this.shown = shown;
    this.what = what;
    this.nanoClock = nanoClock;
    this.beginNanos = nanoClock.getAsLong();
    this.drawnNanos = beginNanos;
  }

  @Override
  public void at(long copied, long total) {
    long now = nanoClock.getAsLong();
    if (!shown || now - drawnNanos < REDRAW_NANOS) {
      return;
    }
    drawnNanos = now;
    drawn = true;
    ByteSize perSecond = new ByteSize((long) (copied / ((now - beginNanos) / 1e9)));
    err.printf(
        Locale.ROOT,
        "%s%s  %3d %%  %s of %s  %s/s",
        CLEAR_LINE,
        what,
        total == 0 ? 100 : (long) (100.0 * Math.min(copied, total) / total),
        new ByteSize(copied),
        new ByteSize(total),
        perSecond);
    err.flush();
  }

  @Override
  public void close() {
    if (drawn) {
      drawn = false;
      err.print(CLEAR_LINE);
      err.flush();
    }
  }
}
