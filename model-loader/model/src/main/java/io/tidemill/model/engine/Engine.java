package io.tidemill.model.engine;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that is known of one kind of model: how its files are told and read, what they could do, and
 * how one is loaded. There is one implementation per engine, found through {@link
 * java.util.ServiceLoader}.
 *
 * <p>Implementations have a public constructor without arguments that does no work and needs none
 * of the engine's own jars, so that an engine is found, and says what is missing, where they are
 * absent. They are thread-safe.
 *
 * <p>Where a method takes a model's files, these are one file, or a folder of them.
 */
public interface Engine {
  /** The most rows that are of use for a warm-up. */
  int SAMPLE_ROWS = 16;

  /** The most elements that one of them may have in an input. */
  int SAMPLE_ELEMENTS = 1 << 20;

  /** Its name as manifests have it, such as {@code tensorflow}. */
  String name();

  /**
   * Whether it has one number of threads for all models of a process, so that a placement which
   * says another one is refused.
   */
  default boolean threadsAreOfProcess() {
    return false;
  }

  /** Whether its models take a NaN for a missing value, so that a null input can be one. */
  default boolean takesNanAsMissing() {
    return false;
  }

  /**
   * Bytes that its libraries take of a process once, about: neither heap nor direct memory, so that
   * none of Flink's budgets has them. 0 where they are few.
   */
  default long nativeBytes() {
    return 0;
  }

  /** What its models are and how they are told, for a message. */
  String sought();

  /**
   * The model at a path, told by names and first bytes; empty if there is none of this engine.
   *
   * @throws InvalidModelException if there are several, or it is not whole
   */
  Optional<FoundModel> detect(Path path) throws IOException;

  /**
   * What a model's files say of its inputs and outputs; empty if they say nothing.
   *
   * @throws InvalidModelException if they are not a model of this engine, or their signature is one
   *     that no batch can be made for
   */
  Optional<Signature> signature(Path files);

  /**
   * One signature of a model that has several, or one in which some of its inputs are constants.
   *
   * @param named which of several; empty for the usual one
   * @param constants the value of each by its name: text, or numbers with commas between them
   * @throws InvalidModelException as {@link #signature(Path)}, and if there is none of this name,
   *     or it has no such inputs
   */
  default Optional<Signature> signature(Path files, String named, Map<String, String> constants) {
    if (!named.isEmpty()) {
      throw new InvalidModelException(
          "%s: signature '%s' (expected: none, models of engine '%s' have one without a name)"
              .formatted(files, named, name()));
    }
    if (!constants.isEmpty()) {
      throw new InvalidModelException(
          "%s: constants %s (expected: none, models of engine '%s' take none)"
              .formatted(files, constants.keySet(), name()));
    }
    return signature(files);
  }

  /**
   * What a signature that someone gives says otherwise than the model, and than {@link #load} will
   * accept; empty if it fits. It may fix sizes that the model leaves open, and leave out outputs.
   *
   * @throws InvalidModelException if the files are not a model of this engine
   */
  List<String> check(Path files, Signature given);

  /**
   * What else the files say that whoever looks at a manifest should know, as labels for it.
   *
   * @throws InvalidModelException if they are not a model of this engine
   */
  default Map<String, String> labels(Path files) {
    return Map.of();
  }

  /**
   * Calls that a model's files carry, for it to be warmed up with; none where they carry none.
   *
   * @param served the signature that is called
   * @return for each row a value for every input: a {@code byte[]} that is the memory of its
   *     tensor's row, little-endian, or a list of numbers, booleans, or texts, of which one may be
   *     a {@code byte[]}
   * @throws InvalidModelException if they are damaged
   */
  default List<Map<String, Object>> samples(Path files, Signature served) {
    return List.of();
  }

  /**
   * Every kind of operation of a model, sorted by name, with what it could do to the machine that
   * runs it; none where models of this engine only compute. {@link #load} refuses those that are
   * dangerous and not {@linkplain AllowedOperations allowed}.
   *
   * @param served the signature whose calls are judged
   * @throws InvalidModelException if the files are not a model of this engine
   */
  default List<Operation> operations(Path files, Signature served) {
    return List.of();
  }

  /**
   * Loads a version. Blocks for as long as the engine takes, which may be minutes.
   *
   * @param files the version's proved files; they stay unchanged while the model lives
   * @throws InvalidModelException if the files are not a model of this engine or do not have this
   *     signature
   * @throws io.tidemill.model.UnavailableHereException if the device is not there; never another
   *     one
   * @throws io.tidemill.model.UnavailableHereException if the engine's own jars are not here or its
   *     native part does not run, or if its threads are those of the whole process, which has
   *     another number of them than the placement says
   */
  Model load(ModelVersion version, Signature signature, Path files, Placement placement);
}
