package io.tidemill.connectors.record;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * The way of dead letters' records back to where their source read them: as they were, and each
 * once, whatever ends a replay and however many there are. Implementations are immutable.
 */
public interface DeadLetterReplay {
  /** What becomes of a letter. */
  enum Verdict {
    /** Its record is written back. */
    REPLAYED,
    /** Its record was written back before, or is by another letter of it. */
    BEFORE,
    /** Its value was cut, so that the record is no more. */
    CUT,
    /** Its value holds other records too, which may have been scored. */
    SHARED,
    /** It comes from nowhere that the source reads. */
    ELSEWHERE
  }

  /** Says of each letter what becomes, or would become, of it. For use by one thread. */
  @FunctionalInterface
  interface Judge {
    Verdict take(DeadLetterRecord letter) throws IOException;
  }

  /** A replay that goes on; what was not finished when it is closed was never written. */
  interface Session extends Judge, AutoCloseable {
    /** Makes visible what was taken. */
    void finish() throws IOException;

    @Override
    void close();
  }

  /** Where the records go, for a question. */
  String place();

  /** What stands in the way outside the process. Blocks for about {@code limit} at most. */
  List<Problem<OptionKey>> obstacles(Duration limit);

  /** Looks up what was replayed until now. Writes nothing. */
  Judge look() throws IOException;

  /** Begins to write, and ends any other replay of the same job. */
  Session begin() throws IOException;
}
