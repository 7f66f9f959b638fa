package io.tidemill.model.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * Lists the operations of a model's graph without loading it: one implementation per engine whose
 * graphs can do more than compute, found through {@link ServiceLoader}.
 *
 * <p>Implementations have a public constructor without arguments that does no work, and are
 * thread-safe.
 */
public interface OperationReader {

  /** The engine's name as manifests have it, such as {@code tensorflow}. */
  String engine();

  /**
   * Every kind of operation, sorted by name.
   *
   * @param files one file, or a folder of them
   * @throws io.tidemill.model.InvalidModelException if they are not a model of this engine
   */
  List<Operation> operations(Path files);

  /** The reader of an engine; empty if the engine is not here or its graphs only compute. */
  static Optional<OperationReader> of(String engine) {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    return Providers.of(OperationReader.class, context).found().stream()
        .filter(reader -> reader.engine().equals(engine))
        .findFirst();
  }
}
