package io.tidemill.model.importing;

import java.io.IOException;
import java.nio.file.Path;

/** One kind of thing that people have. Implementations are stateless and thread-safe. */
interface ModelFormat {

  /** What it is and how it is known, for a message. */
  String sought();

  /** Whether a file or folder is one, by names and first bytes. */
  boolean matches(Path path) throws IOException;

  /**
   * Reads what it says of itself.
   *
   * @throws io.tidemill.model.InvalidModelException if it cannot be imported, with the way out
   */
  DetectedModel read(Path path, Workspace workspace) throws IOException;
}
