package io.tidemill.model.engine;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import java.nio.file.Path;
import java.util.List;

/**
 * Finds a model's signature in its own files, without loading it: one implementation per engine
 * whose files say it, found through {@link java.util.ServiceLoader}.
 *
 * <p>Implementations have a public constructor without arguments that does no work, and are
 * thread-safe.
 */
public interface SignatureReader {

  /** The engine's name as manifests have it, such as {@code tensorflow}. */
  String engine();

  /**
   * The signature of a model that is not published yet.
   *
   * @param files one file, or a folder of them
   * @throws io.tidemill.model.InvalidModelException if they are not a model of this engine, or
   *     their signature is none that a batch can be made for
   */
  Signature read(Path files);

  /**
   * What a signature that someone gives says otherwise than the model, and than whoever loads it
   * will accept; empty if it fits. It may fix sizes that the model leaves open, and leave out
   * outputs.
   *
   * @throws io.tidemill.model.InvalidModelException if the files are not a model of this engine
   */
  List<String> differences(Path files, Signature given);

  /**
   * One signature of a model that has several.
   *
   * @param name which of them
   * @throws io.tidemill.model.InvalidModelException as {@link #read(Path)}, and if there is none of
   *     this name
   */
  default Signature read(Path files, String name) {
    throw new InvalidModelException(
        "%s: signature '%s' (expected: none, models of engine '%s' have one without a name)"
            .formatted(files, name, engine()));
  }
}
