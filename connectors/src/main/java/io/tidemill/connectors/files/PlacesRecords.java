package io.tidemill.connectors.files;

import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/** A reader whose positions say where in its file each record is. */
interface PlacesRecords {
  /** Sets the fields of an {@link io.tidemill.connectors.record.Origin} that say where. */
  void place(RecordAndPosition<RowData> record, GenericRowData origin);
}
