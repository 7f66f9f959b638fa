package io.tidemill.model.columnar;

import static java.util.Objects.requireNonNull;

import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/**
 * A column of byte strings in Arrow's {@code VarChar} layout: offsets and one piece of data.
 *
 * <p>Elements are appended in order, row by row; the data grows when it must and then keeps its
 * size.
 *
 * <p>Not thread-safe.
 */
public final class StringColumn implements Column {
  private static final int INITIAL_BYTES_PER_ELEMENT = 16;

  private final ColumnSpec spec;
  private final int capacity;
  private final BufferAllocator allocator;
  private final ArrowBuf offsets;
  private ArrowBuf data;
  private int elements;
  private boolean closed;

  private StringColumn(
      ColumnSpec spec,
      int capacity,
      BufferAllocator allocator,
      ArrowBuf offsets,
      ArrowBuf data,
      int elements) {
    this.spec = spec;
    this.capacity = capacity;
    this.allocator = allocator;
    this.offsets = offsets;
    this.data = data;
    this.elements = elements;
  }

  /**
   * Allocates an empty column for {@code capacity} rows.
   *
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  public static StringColumn allocate(BufferAllocator allocator, ColumnSpec spec, int capacity) {
    requireNonNull(spec, "spec");
    if (spec.type() != ElementType.STRING) {
      throw new IllegalArgumentException(
          "type of column '%s': %s (expected: string)".formatted(spec.name(), spec.type().label()));
    }
    long slots = (long) capacity * spec.elementsPerRow();
    ArrowBuf offsets = allocator.buffer((slots + 1) * Integer.BYTES);
    try {
      ArrowBuf data = allocator.buffer(Math.max(1, slots) * INITIAL_BYTES_PER_ELEMENT);
      offsets.setInt(0, 0);
      return new StringColumn(spec, capacity, allocator, offsets, data, 0);
    } catch (RuntimeException | Error e) {
      offsets.close();
      throw e;
    }
  }

  @Override
  public StringColumn rows(int from, int count) {
    int width = spec.elementsPerRow();
    StringColumn view =
        new StringColumn(
            spec,
            count,
            allocator,
            offsets.slice(
                (long) from * width * Integer.BYTES, ((long) count * width + 1) * Integer.BYTES),
            data,
            Math.max(0, Math.min(elements - from * width, count * width)));
    view.closed = true;
    return view;
  }

  @Override
  public void copy(int row, Column source, int from, int count) {
    int width = spec.elementsPerRow();
    if (elements != row * width) {
      throw new IllegalArgumentException(
          "row of column '%s': %d (expected: %d, the next)"
              .formatted(spec.name(), row, elements / width));
    }
    StringColumn other = (StringColumn) source;
    for (int i = from * width; i < (from + count) * width; i++) {
      byte[] value = other.get(i);
      append(value, 0, value.length);
    }
  }

  @Override
  public ColumnSpec spec() {
    return spec;
  }

  @Override
  public int capacity() {
    return capacity;
  }

  /** Elements appended since the last {@link #reset()}. */
  public int elements() {
    return elements;
  }

  @Override
  public void reset() {
    elements = 0;
    offsets.setInt(0, 0);
  }

  /**
   * Forgets the elements from {@code element} on, as when a row turned out not to fit its tensors.
   */
  public void truncate(int element) {
    elements = Math.min(elements, element);
  }

  /**
   * Appends the next element.
   *
   * @throws IndexOutOfBoundsException if every row is full
   * @throws IllegalArgumentException if the column's data would pass 2 GiB
   * @throws org.apache.arrow.memory.OutOfMemoryException if the data must grow past the limit
   */
  public void append(byte[] value, int offset, int length) {
    if (elements >= (long) capacity * spec.elementsPerRow()) {
      throw new IndexOutOfBoundsException(
          "rows of column '%s': more than %d (expected: <= its capacity)"
              .formatted(spec.name(), capacity));
    }
    int start = offsets.getInt((long) elements * Integer.BYTES);
    long end = (long) start + length;
    if (end > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "data of column '%s': %d bytes (expected: below 2 GiB)".formatted(spec.name(), end));
    }
    if (end > data.capacity()) {
      grow(start, end);
    }
    data.setBytes(start, value, offset, length);
    elements++;
    offsets.setInt((long) elements * Integer.BYTES, (int) end);
  }

  private void grow(int used, long needed) {
    ArrowBuf larger = allocator.buffer(Math.max(needed, 2 * data.capacity()));
    larger.setBytes(0, data, 0, used);
    data.close();
    data = larger;
  }

  /** Bytes of one element. */
  public int length(int element) {
    return offsets.getInt((long) (element + 1) * Integer.BYTES) - start(element);
  }

  private int start(int element) {
    if (element < 0 || element >= elements) {
      throw new IndexOutOfBoundsException(
          "element of column '%s': %d (expected: 0 to %d)"
              .formatted(spec.name(), element, elements - 1));
    }
    return offsets.getInt((long) element * Integer.BYTES);
  }

  /** A copy of one element's bytes. */
  public byte[] get(int element) {
    byte[] value = new byte[length(element)];
    data.getBytes(start(element), value);
    return value;
  }

  /** The address of one element's first byte; valid until the next append or reset. */
  public long address(int element) {
    return data.memoryAddress() + start(element);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      offsets.close();
      data.close();
    }
  }
}
