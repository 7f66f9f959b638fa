package io.tidemill.model.engine;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What calls of a model need each time, kept while no call uses it, by the address that it was last
 * used with.
 *
 * <p>Whoever calls a model fills the same few batches again and again, so that a tensor over one of
 * them can be kept too. Making it is a call into the engine of half a microsecond to three; a small
 * network scores a batch of 32 in twenty. Such a tensor says where memory is and does not hold it:
 * once the batch is gone nobody reads there, unless a new batch is where the old one was.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside anything else.
 *
 * @param <F> serves one call at a time
 */
public final class KeptFrames<F extends AutoCloseable> implements AutoCloseable {
  private static final int MANY = 32;

  private final ConcurrentHashMap<Long, F> idle = new ConcurrentHashMap<>();

  /**
   * The frame that was last used with this address, another one where there are many, or null. It
   * is the caller's until it is kept again.
   */
  public @Nullable F take(long address) {
    F frame = idle.remove(address);
    return frame == null && idle.size() >= MANY ? takeAny() : frame;
  }

  private @Nullable F takeAny() {
    Iterator<Long> addresses = idle.keySet().iterator();
    return addresses.hasNext() ? idle.remove(addresses.next()) : null;
  }

  /** Takes a frame back. */
  public void keep(long address, F frame) {
    F other = idle.put(address, frame);
    if (other != null) {
      close(other);
    }
  }

  private static void close(AutoCloseable frame) {
    try {
      frame.close();
    } catch (Exception e) {
      throw new IllegalStateException("what a call needed cannot be given back", e);
    }
  }

  @Override
  public void close() {
    for (F frame : List.copyOf(idle.values())) {
      close(frame);
    }
    idle.clear();
  }
}
