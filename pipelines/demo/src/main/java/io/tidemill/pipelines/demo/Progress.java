package io.tidemill.pipelines.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Says what is being done while it is done: one line that moves on a terminal, plain lines
 * elsewhere.
 *
 * <p>It writes to standard error, so that standard output carries the report and nothing else. A
 * terminal's line is drawn at most ten times a second; elsewhere a step says when it begins, at
 * most every five seconds how far it is, and when it ends. Colour is used on a terminal unless
 * {@code NO_COLOR} is set.
 *
 * <p>For use by one thread at a time, but {@link Step#at} may be called by another.
 */
final class Progress {
  private static final int BAR_CELLS = 24;
  private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
  private static final long PLAIN_LINE_NANOS = Duration.ofSeconds(5).toNanos();
  private static final String CLEAR_LINE = "\r\u001B[2K";

  private final PrintStream out;
  private final Look look;
  private final LongSupplier nanoClock;

  /** How progress looks. */
  enum Look {
    /** One line after the other, for logs. */
    PLAIN,
    /** One line that moves, without colour. */
    MOVING,
    /** One line that moves, with colour. */
    COLOURED
  }

  /**
   * @param nanoClock nanoseconds since an arbitrary instant
   */
  Progress(PrintStream out, Look look, LongSupplier nanoClock) {
    this.out = out;
    this.look = look;
    this.nanoClock = nanoClock;
  }

  /** To standard error, in the look that this process's terminal has. */
  // Built for and run with JDK 17, where there is no console without a terminal.
  @SuppressWarnings("SystemConsoleNull")
  static Progress toStandardError() {
    return new Progress(
        System.err,
        lookFor(System.console() != null, System.getenv("TERM"), System.getenv("NO_COLOR")),
        System::nanoTime);
  }

  /** The look for a terminal or none, and the values of {@code TERM} and {@code NO_COLOR}. */
  static Look lookFor(boolean terminal, @Nullable String term, @Nullable String noColor) {
    if (!terminal || term == null || term.equals("dumb")) {
      return Look.PLAIN;
    }
    return noColor == null || noColor.isEmpty() ? Look.COLOURED : Look.MOVING;
  }

  /** Begins a step of unknown length. */
  Step begin(String what) {
    return begin(what, 0);
  }

  /**
   * Begins a step.
   *
   * @param what is done, as in "Writing transactions"
   * @param total how many units it has, or 0 where that is not known
   */
  Step begin(String what, long total) {
    Step step = new Step(what, total, nanoClock.getAsLong());
    step.begun();
    return step;
  }

  /** Something that takes time. Closing it without {@link #done} says that it did not end well. */
  final class Step implements AutoCloseable {
    private final String what;
    private final long total;
    private final long beginNanos;
    private long drawnNanos;
    private boolean ended;

    private Step(String what, long total, long beginNanos) {
      this.what = what;
      this.total = total;
      this.beginNanos = beginNanos;
      this.drawnNanos = beginNanos;
    }

    private synchronized void begun() {
      if (look == Look.PLAIN) {
        out.println(what + " ...");
      } else {
        draw(0);
      }
    }

    /** So many units are done. */
    synchronized void at(long units) {
      long now = nanoClock.getAsLong();
      long interval = look == Look.PLAIN ? PLAIN_LINE_NANOS : REDRAW_NANOS;
      if (ended || now - drawnNanos < interval) {
        return;
      }
      drawnNanos = now;
      if (look == Look.PLAIN) {
        out.println("  " + what + ": " + count(units));
      } else {
        draw(units);
      }
    }

    /**
     * Ends the step well.
     *
     * @param result what came of it, in a few words
     */
    synchronized void done(String result) {
      end(coloured("32", "\u2713", "ok") + " " + what + ": " + result);
    }

    @Override
    public synchronized void close() {
      if (!ended) {
        end(coloured("31", "\u2717", "failed") + " " + what);
      }
    }

    private void end(String line) {
      ended = true;
      double seconds = (nanoClock.getAsLong() - beginNanos) / 1e9;
      String clear = look == Look.PLAIN ? "" : CLEAR_LINE;
      out.println(clear + line + String.format(Locale.ROOT, " (%.1f s)", seconds));
      out.flush();
    }

    private void draw(long units) {
      out.print(CLEAR_LINE + "  " + what + " " + (total > 0 ? bar(units) + " " : ""));
      out.print(total > 0 || units > 0 ? count(units) : "...");
      out.flush();
    }

    private String bar(long units) {
      int full = (int) (BAR_CELLS * Math.min(units, total) / total);
      return "[" + "#".repeat(full) + ".".repeat(BAR_CELLS - full) + "]";
    }

    private String count(long units) {
      return total > 0
          ? String.format(
              Locale.ROOT, "%3d%%  %,d of %,d", 100 * Math.min(units, total) / total, units, total)
          : String.format(Locale.ROOT, "%,d", units);
    }

    private String coloured(String code, String sign, String word) {
      return switch (look) {
        case PLAIN -> word + ":";
        case MOVING -> sign;
        case COLOURED -> "\u001B[" + code + "m" + sign + "\u001B[0m";
      };
    }
  }
}
