package io.tidemill.model.store;

/**
 * The bytes of a version on their way, counted for a listener.
 *
 * <p>Not thread-safe.
 */
public final class Transfer {
  private final long total;
  private final TransferListener listener;
  private long copied;

  public Transfer(ModelManifest manifest, TransferListener listener) {
    this.total = manifest.bytes();
    this.listener = listener;
  }

  /** Tells of more bytes. */
  public void add(long bytes) {
    copied += bytes;
    listener.at(copied, total);
  }
}
