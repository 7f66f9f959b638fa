package io.tidemill.pipelines;

import java.nio.file.Path;
import java.util.Optional;

/** Opens jobs that are no file of YAML. */
@FunctionalInterface
public interface PackedJobs {
  /**
   * The job that a file holds, the same each time; empty if it is a file of YAML, or none.
   *
   * @throws io.tidemill.model.InvalidModelException if the file is not as it was written
   */
  Optional<PackedJob> open(Path file);
}
