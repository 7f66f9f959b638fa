package io.tidemill.connectors.files;

import io.tidemill.connectors.problem.Suggestion;
import io.tidemill.connectors.record.RecordFailureException;
import java.util.Collection;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.types.logical.RowType;

/**
 * A declared column that a file does not have, which its format's reader takes for nulls.
 *
 * @param there the columns of the file
 * @param mayLack the option of the format that allows it; empty where it cannot be allowed, as
 *     nothing makes nulls of it
 */
record MissingColumn(
    Path file,
    RowType.RowField declared,
    Collection<String> there,
    Optional<ConfigOption<Boolean>> mayLack) {
  RecordFailureException failure() {
    return new RecordFailureException(
        "%s: column '%s': not in the file %s; correct the name, or leave the file out%s"
            .formatted(
                file,
                declared.getName(),
                new Suggestion(declared.getName(), new TreeSet<>(there))
                    .toString()
                    .replace("allowed:", "there:"),
                mayLack.map(this::remedy).orElse(", or this column")),
        null);
  }

  private String remedy(ConfigOption<Boolean> option) {
    return declared.getType().isNullable()
        ? ", or set %s: true if older files may lack a column, whose values are null then"
            .formatted(option.key())
        : ", as a column that is declared NOT NULL has no nulls";
  }
}
