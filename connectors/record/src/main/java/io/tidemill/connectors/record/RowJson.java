package io.tidemill.connectors.record;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonFormatOptions;
import org.apache.flink.formats.json.JsonRowDataSerializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.utils.ProjectedRowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Writes the values of a record as JSON: the value of its dead letter where its source keeps no
 * original bytes. Not thread-safe.
 */
public final class RowJson implements Serializable {
  private static final long serialVersionUID = 1L;

  private final JsonRows rows;
  private final JsonRowDataSerializationSchema json;
  private final int[] positions;

  private transient @Nullable ProjectedRowData values;

  /**
   * Makes an encoder for rows of one type.
   *
   * @param rowType of the rows; their {@link Origin} is left out
   */
  public RowJson(RowType rowType) {
    List<RowType.RowField> fields =
        rowType.getFields().stream()
            .filter(field -> !field.getName().equals(Origin.COLUMN))
            .toList();
    positions = fields.stream().mapToInt(field -> rowType.getFieldIndex(field.getName())).toArray();
    rows = new JsonRows(new RowType(false, fields), JsonRows.NonFinite.TEXT);
    json =
        new JsonRowDataSerializationSchema(
            rows.rowType(),
            TimestampFormat.ISO_8601,
            JsonFormatOptions.MapNullKeyMode.LITERAL,
            "null",
            true,
            false);
  }

  /** The values as one JSON object in UTF-8. */
  public byte[] encode(RowData row) {
    ProjectedRowData projected = values == null ? opened() : values;
    values = projected;
    return json.serialize(rows.of(projected.replaceRow(row)));
  }

  /** The values of rows, one JSON object a line. */
  public String lines(List<RowData> all) {
    return all.stream()
        .map(row -> new String(encode(row), StandardCharsets.UTF_8))
        .collect(Collectors.joining("\n"));
  }

  private ProjectedRowData opened() {
    try {
      json.open(new Standalone());
    } catch (Exception e) {
      throw new IllegalStateException("Flink's JSON encoder does not start", e);
    }
    return ProjectedRowData.from(positions);
  }
}
