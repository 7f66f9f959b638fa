package io.tidemill.connectors.table;

import io.tidemill.connectors.files.StagedFiles;
import org.apache.flink.api.common.io.OutputFormat;
import org.apache.flink.connector.file.table.FileSystemOutputFormat;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.table.data.RowData;

/** Rows for a connector which, where it writes files in a batch job, moves them once. */
final class RowsToFiles extends DataStream<RowData> {
  private final String folder;

  RowsToFiles(DataStream<RowData> rows, String folder) {
    super(rows.getExecutionEnvironment(), rows.getTransformation());
    this.folder = folder;
  }

  @Override
  @Deprecated // As in Flink, whose own sink of files knows no other way.
  public DataStreamSink<RowData> writeUsingOutputFormat(OutputFormat<RowData> format) {
    return super.writeUsingOutputFormat(
        format instanceof FileSystemOutputFormat<RowData> files
            ? new StagedFiles<>(files, folder)
            : format);
  }
}
