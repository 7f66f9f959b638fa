package io.tidemill.model.columnar;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/**
 * The process's one Arrow root, from which every user of columns takes a named child with a limit.
 *
 * <p>Thread-safe.
 */
public final class ColumnMemory {
  private static final RootAllocator ROOT = new RootAllocator(Long.MAX_VALUE);

  private ColumnMemory() {}

  /**
   * A child allocator. The caller closes it; closing it with bytes outstanding throws and names
   * them.
   *
   * @param name who the memory is for, as it appears in messages
   * @param limitBytes the most that the child may hold at once
   */
  public static BufferAllocator child(String name, long limitBytes) {
    return ROOT.newChildAllocator(name, 0, limitBytes);
  }

  /** Bytes that all children hold now. */
  public static long allocatedBytes() {
    return ROOT.getAllocatedMemory();
  }
}
