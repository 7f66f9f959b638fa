package io.tidemill.pipelines.nightly;

import static java.util.Objects.requireNonNull;

import io.tidemill.connectors.record.RecordSchema;
import java.util.List;

/**
 * What {@code _tidemill.json} says of the files beside it.
 *
 * @param basis what they are made of
 * @param columns of the predictions
 * @param files with predictions
 */
record Published(
    RunAccount run, Basis basis, List<RecordSchema.Column> columns, List<OutputFile> files) {
  /** The name of the file. */
  static final String FILE = "_tidemill.json";

  Published {
    requireNonNull(run, "run");
    requireNonNull(basis, "basis");
    columns = List.copyOf(columns);
    files = List.copyOf(files);
  }
}
