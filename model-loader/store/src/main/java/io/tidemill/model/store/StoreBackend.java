package io.tidemill.model.store;

import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Keeps what a {@link ModelStore} says, and knows none of its rules: small texts by their keys, and
 * the files of versions. A text appears whole or not at all, and once it is written, it is listed
 * and read by everyone.
 *
 * <p>Every method blocks, and throws {@link io.tidemill.model.StoreUnavailableException} when the
 * store does not answer; what is not there is empty. Nothing that is read is trusted: the store
 * proves it.
 *
 * <p>Implementations are thread-safe.
 */
public interface StoreBackend {
  /** Where the store is, as messages name it. */
  String uri();

  /**
   * The same store until a deadline: no request begins after it, and one that this can give up does
   * not go on either.
   */
  StoreBackend until(Deadline deadline);

  /** Where a text is, as messages name it. */
  String place(StoreKey key);

  /**
   * A text that is there.
   *
   * @param name as in {@link StoreKey#name()}
   * @param written when, by the clock of the store or of its writer; the epoch where nobody knows
   */
  record Entry(String name, Instant written) {}

  /** The texts that a key names all of, in no order. Of models, those too without a version. */
  List<Entry> list(StoreKey all);

  /** A text in UTF-8, of which no more is read than one byte above what its kind may have. */
  Optional<byte[]> read(StoreKey key);

  /** Writes a text, in the place of the one that is there. A manifest is only published. */
  void write(StoreKey key, String text);

  /**
   * Deletes a text; nothing if it is not there. A manifest goes first, and then all that belongs to
   * its version but the claims.
   */
  void delete(StoreKey key);

  /** The files of a version, listed now. */
  Files files(ModelManifest manifest);

  /** The files of one version. */
  interface Files {
    /** Relative to the version, with {@code /} between names. */
    List<String> paths();

    /** The bytes of a file that the manifest names, not proved; empty if they are not there. */
    Optional<InputStream> open(ModelFile file);
  }

  /** Everything of a model that belongs to no version, whoever wrote it; a live push's too. */
  List<StoreLeftover> unpublished(String model);

  /** Deletes what {@link #unpublished} answered. */
  void delete(StoreLeftover leftover);

  /** Begins to publish a version. */
  Upload upload(ModelManifest manifest);

  /** A version on its way into the store, out of sight until it is published. */
  interface Upload extends AutoCloseable {
    /**
     * Copies a file.
     *
     * @param content opened as often as the bytes are sent; its streams throw what is wrong with
     *     this machine's file unchecked, and that goes through
     */
    void put(ModelFile file, Supplier<InputStream> content);

    /**
     * Writes the manifest, when all files are there. Only while the version's claim is held.
     *
     * @param deadline as of {@link StoreBackend#until}
     */
    void publish(Deadline deadline);

    /** Deletes what was copied and not published, unless someone else may publish it. */
    @Override
    void close();
  }
}
