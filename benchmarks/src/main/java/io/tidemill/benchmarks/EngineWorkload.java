package io.tidemill.benchmarks;

import io.tidemill.model.Signature;
import io.tidemill.model.engine.Engine;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * An engine's small model of 32 floats per record, and how the engine itself is called. One class
 * per engine.
 */
interface EngineWorkload extends Serializable {
  /** Features of a record. */
  int FEATURES = 32;

  /** The engine's, as it stands in the names of variants and figures. */
  String engine();

  /** Writes the model: one input of {@link #FEATURES} float32 and one output of a number a row. */
  Signature write(Path folder);

  Engine served();

  /**
   * The engine's own calls, with everything that can be made before the first of them. Tidemill has
   * loaded the model before, so that settings of the process are as Tidemill makes them.
   *
   * @param features rows first, in direct memory aligned to 64 bytes and native byte order; read by
   *     every call
   */
  RawCalls raw(Path folder, ByteBuffer features, int rows) throws Exception;

  /** Calls by the engine's own API. Not thread-safe. */
  interface RawCalls extends AutoCloseable {
    /** Scores all rows once and brings the scores to Java. */
    void call() throws Exception;

    /** What the last call answered for a row. */
    double score(int row);
  }
}
