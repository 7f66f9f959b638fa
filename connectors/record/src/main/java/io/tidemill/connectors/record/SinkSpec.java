package io.tidemill.connectors.record;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.TableKeys;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.table.types.logical.RowType;

/**
 * What a sink is made from. Immutable.
 *
 * @param options the connector's own, as in {@code CREATE TABLE … WITH}
 * @param schema the fields that are written, in their order
 * @param keys of these fields, which the connector may refuse
 * @param rows the type of the rows that arrive, which has each field of {@code schema} by name and
 *     may have the {@link Origin}
 * @param source the options of the job's source: a Kafka sink that names no broker uses its, and a
 *     topic that is read is never written
 * @param jobName what transactions are named by: stable over restarts, unique in a Kafka cluster
 * @param headers written with every record, after its own
 */
public record SinkSpec(
    ConnectorOptions options,
    RecordSchema schema,
    TableKeys keys,
    RowType rows,
    ConnectorOptions source,
    String jobName,
    List<Header> headers) {
  public SinkSpec {
    headers = List.copyOf(headers);
    for (RowType.RowField field : schema.rowType().getFields()) {
      int index = rows.getFieldIndex(field.getName());
      if (index < 0) {
        throw new IllegalArgumentException(
            options.place()
                + ": field '"
                + field.getName()
                + "' (expected: one of "
                + rows.getFieldNames().stream()
                    .filter(name -> !name.equals(Origin.COLUMN))
                    .collect(Collectors.joining(", "))
                + ")");
      }
      if (!rows.getTypeAt(index).copy(true).equals(field.getType().copy(true))) {
        throw new IllegalArgumentException(
            options.place()
                + ": field '"
                + field.getName()
                + "' is "
                + field.getType()
                + " (expected: "
                + rows.getTypeAt(index)
                + ", the type that arrives)");
      }
    }
  }

  /** Without keys. */
  public SinkSpec(
      ConnectorOptions options,
      RecordSchema schema,
      RowType rows,
      ConnectorOptions source,
      String jobName,
      List<Header> headers) {
    this(options, schema, TableKeys.NONE, rows, source, jobName, headers);
  }

  /** The positions of the written fields in a row that arrives. */
  public int[] positions() {
    return schema.rowType().getFieldNames().stream().mapToInt(rows::getFieldIndex).toArray();
  }
}
