package io.tidemill.connectors.record;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.RowType;

/** A checked sink that takes records as columns. Implementations are immutable. */
public interface ColumnSink {
  /** The columns that are written. */
  RowType written();

  /**
   * Adds the sink to a graph of mode batch.
   *
   * @param rows many of the type that the sink was made for in each element
   * @param uidPrefix begins the uid and the name of each operator
   * @param type of elements with the columns that are written
   */
  void attach(
      DataStream<VectorizedColumnBatch> rows,
      String uidPrefix,
      TypeInformation<VectorizedColumnBatch> type);
}
