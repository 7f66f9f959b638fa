package io.tidemill.model.loader;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The signature readers of the engines that are here.
 *
 * <p>Stateless and thread-safe.
 */
public final class SignatureReaders {
  private SignatureReaders() {}

  /** The reader of an engine; empty if the engine is not here or its files say no signature. */
  public static Optional<SignatureReader> of(String engine) {
    return readers().filter(reader -> reader.engine().equals(engine)).findFirst();
  }

  /** The names of the engines that have one here, sorted. */
  public static List<String> engines() {
    return readers().map(SignatureReader::engine).distinct().sorted().toList();
  }

  private static Stream<SignatureReader> readers() {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    return Providers.of(SignatureReader.class, context).found().stream();
  }
}
