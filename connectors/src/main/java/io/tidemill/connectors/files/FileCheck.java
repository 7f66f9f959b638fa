package io.tidemill.connectors.files;

import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.core.fs.Path;

/** What must be true of a file before any record of it is read. Immutable. */
public interface FileCheck extends Serializable {
  /** Nothing. */
  FileCheck NONE = file -> {};

  /**
   * Looks at a file.
   *
   * @throws io.tidemill.connectors.record.RecordFailureException if it is not true
   */
  void check(Path file) throws IOException;
}
