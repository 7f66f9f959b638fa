package io.tidemill.connectors.files;

import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.table.data.RowData;

/** A reader whose positions say where in its file each record is. */
interface PlacesRecords {
  /** As an {@link io.tidemill.connectors.record.Origin} says it. */
  long offset(RecordAndPosition<RowData> record);

  /** What the origin says as partition, or {@link FileRow#NO_NUMBER}. */
  default int number(RecordAndPosition<RowData> record) {
    return FileRow.NO_NUMBER;
  }
}
