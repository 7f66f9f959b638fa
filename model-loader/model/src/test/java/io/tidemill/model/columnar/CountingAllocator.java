package io.tidemill.model.columnar;

import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives each test a child allocator, and fails the test that leaves bytes in it. Register it with
 * {@code @RegisterExtension} on an instance field.
 *
 * <p>Not thread-safe; the allocator it gives is.
 */
public final class CountingAllocator implements BeforeEachCallback, AfterEachCallback {
  private final long limitBytes;
  private @Nullable BufferAllocator allocator;

  public CountingAllocator() {
    this(Long.MAX_VALUE);
  }

  public CountingAllocator(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /** The running test's allocator; the extension closes it. */
  public BufferAllocator get() {
    if (allocator == null) {
      throw new IllegalStateException("no test runs (expected: a @RegisterExtension field)");
    }
    return allocator;
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    allocator = ColumnMemory.child(context.getDisplayName(), limitBytes);
  }

  /** Throws an {@link IllegalStateException} that names the bytes outstanding. */
  @Override
  public void afterEach(ExtensionContext context) {
    get().close();
  }
}
