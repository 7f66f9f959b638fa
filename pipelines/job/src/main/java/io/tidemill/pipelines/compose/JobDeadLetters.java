package io.tidemill.pipelines.compose;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.DeadLetterReplay;
import io.tidemill.connectors.record.KeptDeadLetters;
import io.tidemill.connectors.record.RecordSource;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The dead letters of a job, as its file tells where they are; no model is needed for that. For use
 * by one thread.
 */
public final class JobDeadLetters {
  private final String job;
  private final Optional<RecordSource> source;
  private final KeptDeadLetters kept;

  /** Takes a letter, which lives as long as the call. */
  public interface Reader {
    void read(JobDeadLetter letter, DeadLetterRecord record) throws IOException;
  }

  JobDeadLetters(String job, Optional<RecordSource> source, KeptDeadLetters kept) {
    this.job = job;
    this.source = source;
    this.kept = kept;
  }

  /** The job's name. */
  public String job() {
    return job;
  }

  /** Where they are, for a message. */
  public String place() {
    return kept.place();
  }

  /**
   * What stands in the way of a look at them, such as a broker that does not answer. Blocks for
   * about {@code limit} at most.
   */
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    return kept.obstacles(limit);
  }

  /**
   * Reads those that were there when this was first called.
   *
   * @param addresses what to read at least; empty for everything
   * @return how much else is there: what is no dead letter, or one of another job
   * @throws IOException saying which place cannot be read
   * @throws IllegalArgumentException if an address is none
   */
  public long forEach(Collection<String> addresses, Reader reader) throws IOException {
    long[] others = new long[1];
    kept.forEach(
        addresses,
        found -> {
          DeadLetterRecord record = found.letter();
          if (record == null || !job.equals(record.context().get(DeadLetterTranslator.JOB))) {
            others[0]++;
          } else {
            reader.read(JobDeadLetter.of(found.address(), record), record);
          }
        });
    return others[0];
  }

  /**
   * The values in a letter's bytes as the source decodes them, one JSON object a line; empty where
   * the source keeps no bytes.
   *
   * @throws IOException if they do not decode
   */
  public Optional<String> decode(DeadLetterRecord letter) throws IOException {
    return source.isPresent() ? source.get().decode(letter) : Optional.empty();
  }

  /**
   * The way back for the records of dead letters; empty where the source has none.
   *
   * @param wholeArrays whether a value of several records comes back too
   */
  public Optional<DeadLetterReplay> replay(boolean wholeArrays) {
    return source.flatMap(made -> made.replay(job, wholeArrays));
  }
}
