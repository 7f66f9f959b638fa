package io.tidemill.model.engine.pytorch;

import ai.djl.pytorch.engine.PtNDManager;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.ForeignAllocation;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * The tensors of one call. They live until the call is over and the last buffer that shares their
 * memory is closed.
 *
 * <p>Thread-safe, as buffers may be closed by any thread.
 */
final class CallMemory implements AutoCloseable {
  private final PtNDManager tensors;
  private final AtomicInteger users = new AtomicInteger(1);

  CallMemory(PtNDManager tensors) {
    this.tensors = tensors;
  }

  PtNDManager tensors() {
    return tensors;
  }

  /**
   * A buffer that is the memory of a tensor of this call.
   *
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  ArrowBuf share(ByteBuffer memory, BufferAllocator allocator) {
    long address = MemoryUtil.getByteBufferAddress(memory);
    users.incrementAndGet();
    // The allocator releases the allocation also when it refuses it.
    return allocator.wrapForeignAllocation(
        new ForeignAllocation(memory.remaining(), address) {
          @Override
          protected void release0() {
            leave();
          }
        });
  }

  private void leave() {
    if (users.decrementAndGet() == 0) {
      tensors.close();
    }
  }

  /** Ends the call. */
  @Override
  public void close() {
    leave();
  }
}
