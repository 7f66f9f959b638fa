package io.tidemill.model.store;

/**
 * The bytes of a version on their way, counted for a listener.
 *
 * <p>Not thread-safe.
 */
final class Transfer {
  private final long total;
  private final TransferListener listener;
  private long copied;

  Transfer(ModelManifest manifest, TransferListener listener) {
    this.total = manifest.bytes();
    this.listener = listener;
  }

  void add(long bytes) {
    copied += bytes;
    listener.at(copied, total);
  }
}
