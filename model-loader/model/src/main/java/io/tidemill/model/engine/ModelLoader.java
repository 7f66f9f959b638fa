package io.tidemill.model.engine;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import java.nio.file.Path;

/**
 * Turns a version's files into a callable model: one implementation per engine, found through
 * {@link java.util.ServiceLoader}.
 *
 * <p>Implementations have a public constructor without arguments that does no work, and are
 * thread-safe.
 */
public interface ModelLoader {

  /** The engine's name as manifests have it, such as {@code tensorflow}. */
  String engine();

  /**
   * Whether the engine has one number of threads for all models of a process, so that a placement
   * which says another one is refused.
   */
  default boolean threadsAreOfProcess() {
    return false;
  }

  /**
   * Loads a version. Blocks for as long as the engine takes, which may be minutes.
   *
   * @param directory the version's proved files; they stay unchanged while the model lives
   * @throws io.tidemill.model.InvalidModelException if the files are not a model of this engine or
   *     do not have this signature
   * @throws io.tidemill.model.UnavailableHereException if the device is not there; never another
   *     one
   * @throws io.tidemill.model.UnavailableHereException if the engine's native part does not run
   *     here, or if its threads are those of the whole process, which has another number of them
   *     than the placement says
   */
  Model load(ModelVersion version, Signature signature, Path directory, Placement placement);
}
