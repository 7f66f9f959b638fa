package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.pipelines.run.EmbeddedJob;
import io.tidemill.pipelines.run.RunFigures;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Tells while a job runs how far it is: on a terminal a line that renews itself, elsewhere one now
 * and then; and its restarts with their causes.
 *
 * <p>For use by one thread.
 */
final class RunProgress {
  private static final long REDRAW_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long PLAIN_NANOS = Duration.ofSeconds(30).toNanos();
  private static final int BAR_LENGTH = 20;

  /** A line that goes on in another row could not be cleared: a terminal clears one. */
  private static final String CUT_AT_EDGE = "\u001B[?7l";

  private static final String WRAP_AGAIN = "\u001B[?7h";

  private final PrintWriter err;
  private final String begin;
  private final boolean terminal;
  private final boolean bounded;
  private final LongSupplier nanoClock;
  private final long beginNanos;
  private long saidNanos;
  private long saidRecords;
  private long saidRestarts;
  private boolean drawn;

  /**
   * Begins now.
   *
   * @param err for a person
   * @param begin of each line
   * @param terminal whether a line can be renewed
   * @param bounded whether what waits at the source is all that will come
   */
  RunProgress(
      PrintWriter err, String begin, boolean terminal, boolean bounded, LongSupplier nanoClock) {
    this.err = err;
    this.begin = begin;
    this.terminal = terminal;
    this.bounded = bounded;
    this.nanoClock = nanoClock;
    this.beginNanos = nanoClock.getAsLong();
    this.saidNanos = beginNanos;
  }

  /** Says what is new about a job. */
  void tell(EmbeddedJob job) {
    tell(job::figures, () -> cause(job));
  }

  void tell(Supplier<RunFigures> now, Supplier<String> cause) {
    long elapsed = nanoClock.getAsLong() - saidNanos;
    if (elapsed < REDRAW_NANOS) {
      return;
    }
    RunFigures figures = now.get();
    if (figures.restarts() > saidRestarts) {
      saidRestarts = figures.restarts();
      clear();
      PrintWriter plain = new PrintWriter(new PlainWriter(err), true);
      plain.printf("%srestart %d: %s%n", begin, saidRestarts, cause.get());
    }
    if (terminal || elapsed >= PLAIN_NANOS) {
      clear();
      String line = begin + line(figures, elapsed / 1e9);
      err.print(terminal ? CUT_AT_EDGE + line + WRAP_AGAIN : line + System.lineSeparator());
      err.flush();
      drawn = terminal;
      saidNanos += elapsed;
      saidRecords = figures.recordsIn();
    }
  }

  /** How far it is, in one line. */
  String line(RunFigures figures, double seconds) {
    double rate = Math.max(0, figures.recordsIn() - saidRecords) / seconds;
    StringBuilder line = new StringBuilder(bar(figures));
    line.append(String.format(Locale.ROOT, "%,d records  %,.0f/s", figures.recordsIn(), rate));
    if (bounded) {
      double toGo = secondsToGo(figures, rate);
      line.append(toGo > 0 ? String.format(Locale.ROOT, "  ETA %,.0f s", toGo) : "");
    } else {
      line.append(String.format(Locale.ROOT, "  lag %,d", figures.lag()));
    }
    for (RunFigures.Step step : figures.steps()) {
      line.append(
          String.format(
              Locale.ROOT,
              "  %s: fill %.2f, model p99 %.1f ms",
              step.step(),
              step.fill(),
              step.modelP99Micros() / 1_000));
    }
    line.append(String.format(Locale.ROOT, "  dead letters %,d", figures.allDeadLetters()));
    if (figures.secondsSinceCheckpoint() >= 0) {
      line.append(
          String.format(Locale.ROOT, "  checkpoint %,.0f s ago", figures.secondsSinceCheckpoint()));
    }
    return line.toString();
  }

  /** By the rate of now or, of bytes, which are counted file by file, by that of the whole run. */
  private double secondsToGo(RunFigures figures, double rate) {
    if (figures.lag() > 0) {
      return rate > 0 ? figures.lag() / rate : 0;
    }
    double done = figures.done();
    return done > 0 ? (nanoClock.getAsLong() - beginNanos) / 1e9 * (1 - done) / done : 0;
  }

  /** How much of the input is done, where that is known. */
  private String bar(RunFigures figures) {
    double done = figures.done();
    if (!terminal || !bounded || done < 0) {
      return "";
    }
    int filled = (int) (done * BAR_LENGTH);
    return String.format(
        Locale.ROOT,
        "[%s%s] %2.0f %%  ",
        "#".repeat(filled),
        "-".repeat(BAR_LENGTH - filled),
        Math.floor(done * 100));
  }

  /** Takes the line away. */
  void clear() {
    if (drawn) {
      drawn = false;
      err.print(TransferProgress.CLEAR_LINE);
      err.flush();
    }
  }

  /** What Flink's REST interface knows of the last failure. */
  private static String cause(EmbeddedJob job) {
    URI exceptions =
        job.webInterface()
            .resolve("jobs/" + job.client().getJobID() + "/exceptions?maxExceptions=1");
    try (InputStream answer = exceptions.toURL().openStream()) {
      JsonNode failure =
          new ObjectMapper().readTree(answer).at("/exceptionHistory/entries/0/stacktrace");
      return ConnectorOptions.withoutSecrets(innermost(failure.asText()));
    } catch (IOException unknown) {
      return "cause not known: " + unknown.getMessage();
    }
  }

  /** The last exception of a stack trace that says something. */
  static String innermost(String stackTrace) {
    List<String> chain = stackTrace.lines().filter(line -> !line.startsWith("\t")).toList();
    return chain.stream()
        .filter(line -> line.replaceFirst("^Caused by: ", "").contains(": "))
        .reduce((outer, inner) -> inner)
        .or(() -> chain.stream().reduce((outer, inner) -> inner))
        .orElse("cause not known")
        .replaceFirst("^Caused by: ", "");
  }
}
