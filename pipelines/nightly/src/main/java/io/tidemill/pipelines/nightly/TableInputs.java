package io.tidemill.pipelines.nightly;

import io.tidemill.connectors.iceberg.IcebergPartition;
import java.util.List;
import java.util.Optional;

/** The files of a table of Iceberg, or of a partition of it. Immutable. */
record TableInputs(IcebergPartition partition) implements Inputs {
  /** A file of a table never changes. */
  private static final String NEVER = "";

  @Override
  public String place() {
    return partition.description();
  }

  @Override
  public String expected() {
    return "a row, or more";
  }

  @Override
  public Optional<List<InputFile>> list() {
    try {
      return partition
          .read()
          .map(
              files ->
                  files.stream()
                      .map(file -> new InputFile(file.path(), file.bytes(), NEVER))
                      .toList());
    } catch (RuntimeException unreadable) {
      throw new NightlyException(
          NightlyException.Reason.FAILED,
          "input %s cannot be read: %s".formatted(place(), unreadable.getMessage()),
          unreadable);
    }
  }
}
