package io.tidemill.connectors.files;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;

/**
 * Reads text files record by record. A row knows its file, and where in it the record begins, in
 * bytes of what a compressed file holds; what does not decode is a row without values, whose origin
 * says why. Immutable but for the decoder.
 */
final class TextFormat implements BulkFormat<RowData, FileSourceSplit> {
  private static final long serialVersionUID = 1L;

  private final TextRows rows;
  private final Quoting quoting;

  TextFormat(TextRows rows, Quoting quoting) {
    this.rows = rows;
    this.quoting = quoting;
  }

  @Override
  public TextReader createReader(Configuration configuration, FileSourceSplit split)
      throws IOException {
    return new TextReader(rows, quoting, split);
  }

  @Override
  public TextReader restoreReader(Configuration configuration, FileSourceSplit split)
      throws IOException {
    return new TextReader(rows, quoting, split);
  }

  @Override
  public boolean isSplittable() {
    return !quoting.spansLines();
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return InternalTypeInfo.of(rows.type());
  }
}
