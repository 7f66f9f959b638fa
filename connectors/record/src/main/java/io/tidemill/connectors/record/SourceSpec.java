package io.tidemill.connectors.record;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FileReading;
import io.tidemill.connectors.options.TableKeys;

/**
 * What a source is made from. Immutable.
 *
 * @param options the connector's own, as in {@code CREATE TABLE … WITH}
 * @param schema the value fields of its records
 * @param keys of these fields, which the connector may refuse
 * @param deadLetters whether the job has a dead-letter sink: records then keep their original
 *     bytes, and bytes that do not decode become dead letters; without one they fail the job
 * @param files how files are read, which the connector may refuse
 */
public record SourceSpec(
    ConnectorOptions options,
    RecordSchema schema,
    TableKeys keys,
    boolean deadLetters,
    FileReading files) {
  /** Without keys. */
  public SourceSpec(ConnectorOptions options, RecordSchema schema, boolean deadLetters) {
    this(options, schema, TableKeys.NONE, deadLetters);
  }

  /** Which reads files as usual. */
  public SourceSpec(
      ConnectorOptions options, RecordSchema schema, TableKeys keys, boolean deadLetters) {
    this(options, schema, keys, deadLetters, FileReading.USUAL);
  }
}
