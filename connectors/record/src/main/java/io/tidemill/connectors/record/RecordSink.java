package io.tidemill.connectors.record;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;

/** A checked sink that is not yet part of a graph. Implementations are immutable. */
public interface RecordSink {
  /** Its options, with the connection that it takes from another part of the job. */
  ConnectorOptions options();

  /** One line for a plan: how often a failure shows a record here. */
  String guarantee();

  /** Whether each record is visible once, by transactions that a checkpoint commits. */
  default boolean exactlyOnce() {
    return false;
  }

  /** What does not fit together between this sink and the checkpoints of its job. */
  List<Problem<OptionKey>> problemsWith(CheckpointPlan checkpoints);

  /**
   * What stands in the way outside the process, such as a broker that does not answer. Blocks for
   * about {@code limit} at most.
   */
  List<Problem<OptionKey>> obstacles(Duration limit);

  /**
   * What another run of the same job has open here, which a run that goes on from nothing would end
   * without knowing of it. Blocks for about {@code limit} at most.
   *
   * @param written whether only what is written meanwhile counts, as that of a run that died is not
   */
  default List<Problem<OptionKey>> openElsewhere(Duration limit, boolean written) {
    return List.of();
  }

  /** The same sink for records as columns; empty where it takes rows only. */
  default Optional<ColumnSink> columns() {
    return Optional.empty();
  }

  /**
   * The same sink, which writes a dead letter to another where a record cannot be written and the
   * two can do so together; this one where they cannot, so that such a record fails the job.
   */
  default RecordSink lettersTo(RecordSink deadLetters) {
    return this;
  }

  /** For a plan: what is not there yet, and is made when the job runs. Blocks. */
  default Optional<String> toBeMade() {
    return Optional.empty();
  }

  /** Makes what must be there before the job runs, such as a table. Blocks. */
  default void prepare() {}

  /**
   * Adds the sink to a graph that runs, once all is there that it needs. May block.
   *
   * @param rows of the type that the sink was made for
   * @param uidPrefix begins the uid and the name of each operator
   */
  void attach(DataStream<RowData> rows, String uidPrefix);

  /** Adds the sink in the same way to a graph that is looked at only, and makes no table for it. */
  default void outline(DataStream<RowData> rows, String uidPrefix) {
    attach(rows, uidPrefix);
  }
}
