package io.tidemill.model.store;

/**
 * Told how far a transfer between this machine and a store is. Called often, by the thread that
 * transfers, which waits for it.
 */
@FunctionalInterface
public interface TransferListener {
  /** Listens to nothing. */
  TransferListener NONE = (copied, total) -> {};

  /**
   * So many bytes are copied.
   *
   * @param copied in bytes, since the transfer began
   * @param total in bytes, of the whole transfer
   */
  void at(long copied, long total);
}
