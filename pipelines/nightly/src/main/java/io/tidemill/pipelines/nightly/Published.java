package io.tidemill.pipelines.nightly;

import static java.util.Objects.requireNonNull;

import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.model.store.GuardedFiles;
import io.tidemill.pipelines.compose.FieldSketch;
import java.util.List;
import java.util.Optional;
import org.apache.flink.core.fs.Path;

/**
 * What {@code _tidemill.json} says of the files beside it.
 *
 * @param basis what they are made of
 * @param columns of the predictions
 * @param files with predictions
 * @param predictions how those of each field are distributed
 */
record Published(
    RunAccount run,
    Basis basis,
    List<RecordSchema.Column> columns,
    List<OutputFile> files,
    List<FieldSketch> predictions) {
  /** The name of the file. */
  static final String FILE = "_tidemill.json";

  /** What is said of a folder; empty where readers see nothing whole. */
  static Optional<Published> in(GuardedFiles files, Path folder) {
    return files.exists(new Path(folder, PublishedFolder.SUCCESS))
        ? new AccountFiles(files).read(new Path(folder, FILE), Published.class)
        : Optional.empty();
  }

  Published {
    requireNonNull(run, "run");
    requireNonNull(basis, "basis");
    columns = List.copyOf(columns);
    files = List.copyOf(files);
    // Those of an earlier version have none.
    predictions = predictions == null ? List.of() : List.copyOf(predictions);
  }
}
