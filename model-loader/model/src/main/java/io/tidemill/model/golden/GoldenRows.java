package io.tidemill.model.golden;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Subject;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntBiFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.util.AutoCloseables;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.SeekableReadChannel;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/**
 * The record batches of a golden file, one after the other. Inputs and outputs are columns by their
 * tensors' names; where an output has the name of an input, it is the later of the two columns.
 * Whatever is wrong with the file is an {@link InvalidModelException}.
 *
 * <p>Not thread-safe.
 */
final class GoldenRows implements AutoCloseable {
  private final Subject subject;
  private final List<TensorSpec> inputs;
  private final List<TensorSpec> outputs;
  private final Channel channel;
  private final ArrowFileReader reader;
  private final VectorSchemaRoot root;

  /** Something that may find that the file is not what it should be. */
  @FunctionalInterface
  private interface Reading<T> {
    T read() throws IOException;
  }

  /**
   * Opens a file.
   *
   * @param outputs none where it has inputs alone
   */
  // Closing the reader closes the channel.
  @SuppressWarnings("MustBeClosedChecker")
  GoldenRows(
      Path file,
      Subject subject,
      List<TensorSpec> inputs,
      List<TensorSpec> outputs,
      BufferAllocator allocator) {
    this.subject = subject;
    this.inputs = inputs;
    this.outputs = outputs;
    channel = reading(subject, () -> new Channel(Files.newByteChannel(file)));
    reader = new ArrowFileReader(channel, allocator);
    try {
      root = reading(subject, reader::getVectorSchemaRoot);
      checkNames();
    } catch (RuntimeException e) {
      AutoCloseables.close(e, this);
      throw e;
    }
  }

  /**
   * Knows the memory that the reader has filled. Arrow forgets it when it finds bytes in it that
   * are not as they should be.
   */
  private static final class Channel extends SeekableReadChannel {
    private @Nullable ArrowBuf filled;

    Channel(SeekableByteChannel in) {
      super(in);
    }

    @Override
    public long readFully(ArrowBuf buffer, long length) throws IOException {
      filled = buffer;
      return super.readFully(buffer, length);
    }

    /** Gives the memory back if its owner has not. */
    void release() {
      while (filled != null && filled.refCnt() > 0) {
        filled.getReferenceManager().release();
      }
    }
  }

  private List<String> names() {
    return root.getSchema().getFields().stream().map(Field::getName).toList();
  }

  private void checkNames() {
    List<String> there = names();
    List<String> expected =
        Stream.of(inputs, outputs).flatMap(List::stream).map(TensorSpec::name).toList();
    if (!there.stream().sorted().toList().equals(expected.stream().sorted().toList())) {
      throw new InvalidModelException(
          subject,
          "columns: %s (expected: one per input and output, %s)"
              .formatted(
                  there.stream().collect(Collectors.joining("', '", "'", "'")),
                  expected.stream().collect(Collectors.joining("', '", "'", "'"))),
          null);
    }
  }

  Tolerance tolerance() {
    return Tolerance.of(subject, root.getSchema().getCustomMetadata());
  }

  /** Goes to the next record batch that has rows; answers whether there is one. */
  boolean next() {
    return reading(
        subject,
        () -> {
          boolean more = reader.loadNextBatch();
          while (more && root.getRowCount() == 0) {
            more = reader.loadNextBatch();
          }
          return more;
        });
  }

  int rows() {
    return root.getRowCount();
  }

  /**
   * A copy of the inputs of this record batch, again and again until there are enough rows. The
   * caller closes it.
   *
   * @param target what the copy's memory is taken from
   */
  ColumnBatch inputs(int wanted, BufferAllocator target) {
    return columns(inputs, List::indexOf, wanted, target);
  }

  /** A copy of the outputs of this record batch. The caller closes it. */
  ColumnBatch outputs(BufferAllocator target) {
    return columns(outputs, List::lastIndexOf, rows(), target);
  }

  private ColumnBatch columns(
      List<TensorSpec> tensors,
      ToIntBiFunction<List<String>, String> place,
      int wanted,
      BufferAllocator target) {
    return reading(
        subject,
        () -> {
          List<Column> columns = new ArrayList<>();
          try {
            for (TensorSpec tensor : tensors) {
              int index = place.applyAsInt(names(), tensor.name());
              columns.add(
                  TensorVector.of(subject, tensor, root.getVector(index), rows())
                      .copy(rows(), wanted, target));
            }
            return ColumnBatch.of(wanted, columns);
          } catch (RuntimeException e) {
            AutoCloseables.close(e, columns);
            throw e;
          }
        });
  }

  /** Whatever is wrong with the bytes of a file, Arrow finds it in its own way. */
  private static <T> T reading(Subject subject, Reading<T> reading) {
    try {
      return requireNonNull(reading.read());
    } catch (InvalidModelException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new InvalidModelException(
          subject,
          "%s (expected: an uncompressed Arrow IPC file with a column per input and output)"
              .formatted(e.getMessage() == null ? e.toString() : e.getMessage()),
          e);
    }
  }

  @Override
  public void close() {
    try {
      reader.close();
    } catch (IOException e) {
      throw new UncheckedIOException(subject + ": cannot be closed", e);
    } finally {
      channel.release();
    }
  }
}
