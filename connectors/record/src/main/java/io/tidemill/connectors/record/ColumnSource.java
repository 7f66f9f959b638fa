package io.tidemill.connectors.record;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.jspecify.annotations.Nullable;

/** A checked source whose records can be read as columns. Implementations are immutable. */
public interface ColumnSource {
  /**
   * Adds the source to a graph of mode batch.
   *
   * @param uidPrefix begins the uid and the name of each operator
   * @param type of its elements: many rows of the source's row type each, which nobody changes
   * @param maxRows the most rows of an element
   * @param parallelism of each operator; null for the graph's
   */
  SourceStreams<VectorizedColumnBatch> attach(
      StreamExecutionEnvironment environment,
      String uidPrefix,
      TypeInformation<VectorizedColumnBatch> type,
      int maxRows,
      @Nullable Integer parallelism);
}
