package io.tidemill.connectors.files;

import io.tidemill.connectors.problem.Suggestion;
import io.tidemill.connectors.record.RecordFailureException;
import java.util.Collection;
import java.util.TreeSet;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.types.logical.RowType;

/**
 * A declared column that a file does not have, which its format's reader takes for nulls.
 *
 * @param there the columns of the file
 * @param mayLack the option of the format that allows it
 */
record MissingColumn(
    Path file, RowType.RowField declared, Collection<String> there, ConfigOption<Boolean> mayLack) {
  RecordFailureException failure() {
    return new RecordFailureException(
        "%s: column '%s': not in the file %s; correct the name, or leave the file out%s"
            .formatted(
                file,
                declared.getName(),
                new Suggestion(declared.getName(), new TreeSet<>(there))
                    .toString()
                    .replace("allowed:", "there:"),
                declared.getType().isNullable()
                    ? ", or set %s: true if older files may lack a column, whose values are null then"
                        .formatted(mayLack.key())
                    : ", as a column that is declared NOT NULL has no nulls"),
        null);
  }
}
