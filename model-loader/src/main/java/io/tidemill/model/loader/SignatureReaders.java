package io.tidemill.model.loader;

import java.util.Optional;

/**
 * The signature readers of the engines that are here.
 *
 * <p>Stateless and thread-safe.
 */
public final class SignatureReaders {
  private SignatureReaders() {}

  /** The reader of an engine; empty if the engine is not here or its files say no signature. */
  public static Optional<SignatureReader> of(String engine) {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    return Providers.of(SignatureReader.class, context).found().stream()
        .filter(reader -> reader.engine().equals(engine))
        .findFirst();
  }
}
