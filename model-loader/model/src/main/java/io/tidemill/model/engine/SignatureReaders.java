package io.tidemill.model.engine;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The signature readers of the engines that are here.
 *
 * <p>Stateless and thread-safe.
 */
public final class SignatureReaders {
  private static final Logger LOG = LoggerFactory.getLogger(SignatureReaders.class);

  private SignatureReaders() {}

  /** The reader of an engine; empty if the engine is not here or its files say no signature. */
  public static Optional<SignatureReader> of(String engine) {
    return readers().filter(reader -> reader.engine().equals(engine)).findFirst();
  }

  /** The names of the engines that have one here, sorted. */
  public static List<String> engines() {
    return readers().map(SignatureReader::engine).distinct().sorted().toList();
  }

  /**
   * Checks a signature that someone gives. Where the engine's own jars are not here, it is taken as
   * it is: whoever loads the model checks it again.
   *
   * @throws InvalidModelException if it is not the model's, with all differences, or the files are
   *     not a model of this engine
   */
  public static void check(SignatureReader reader, Path files, Signature given) {
    List<String> differences;
    try {
      differences = reader.differences(files, given);
    } catch (UnavailableHereException | NoClassDefFoundError elsewhere) {
      LOG.debug("{}: its signature cannot be checked here", files, elsewhere);
      return;
    }
    if (!differences.isEmpty()) {
      throw new InvalidModelException(
          "%s: the inputs and outputs that are given do not fit the model: %s; leave them out, and the files say it, or give what the files have"
              .formatted(files, String.join("; ", differences)));
    }
  }

  private static Stream<SignatureReader> readers() {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    return Providers.of(SignatureReader.class, context).found().stream();
  }
}
