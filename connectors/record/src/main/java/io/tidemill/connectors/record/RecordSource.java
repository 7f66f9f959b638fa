package io.tidemill.connectors.record;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** A checked source that is not yet part of a graph. Implementations are immutable. */
public interface RecordSource {
  /** The fields of its records, without their origin, as their author declared them. */
  RecordSchema schema();

  /** The same fields, each nullable, and the {@link Origin} last. */
  RowType rowType();

  /** Whether the source ends by itself. */
  boolean bounded();

  /**
   * Whether each record is an object of its own that the source never touches again, so that it
   * need not be copied before it is kept.
   */
  boolean freshRecords();

  /**
   * The option by which it begins at offsets that a broker keeps for it, apart from the job's own
   * checkpoints; empty where it does not.
   */
  default Optional<OptionKey> startsAtCommittedOffsets() {
    return Optional.empty();
  }

  /** One line for a plan: what a failure does to what this source has read. */
  String guarantee();

  /** What does not fit together between this source and the checkpoints of its job. */
  default List<Problem<OptionKey>> problemsWith(CheckpointPlan checkpoints) {
    return List.of();
  }

  /**
   * Why the last, by path, of the files that are there now cannot be read as declared; empty where
   * it can, or where nobody can tell, as of one that never ends, which may not read that file.
   * Blocks for about {@code limit} at most.
   */
  default Optional<String> misfit(Duration limit) {
    return Optional.empty();
  }

  /**
   * What stands in the way outside the process, such as a topic that is not there. Blocks for about
   * {@code limit} at most.
   */
  List<Problem<OptionKey>> obstacles(Duration limit);

  /**
   * The values in a dead letter's original bytes, one JSON object a line; empty where the source
   * keeps no bytes. One thread at a time.
   *
   * @throws IOException if they do not decode
   */
  default Optional<String> decode(DeadLetterRecord letter) throws IOException {
    return Optional.empty();
  }

  /**
   * The way back for the records of dead letters; empty where there is none.
   *
   * @param jobName what is remembered by: stable, unique in a Kafka cluster
   * @param wholeArrays whether a value of several records comes back too: all of them, scored or
   *     not
   */
  default Optional<DeadLetterReplay> replay(String jobName, boolean wholeArrays) {
    return Optional.empty();
  }

  /** The same records as columns; empty where the source has them as rows only. */
  default Optional<ColumnSource> columns() {
    return Optional.empty();
  }

  /**
   * Adds the source to a graph.
   *
   * @param uidPrefix begins the uid and the name of each operator
   */
  SourceStreams<RowData> attach(StreamExecutionEnvironment environment, String uidPrefix);
}
