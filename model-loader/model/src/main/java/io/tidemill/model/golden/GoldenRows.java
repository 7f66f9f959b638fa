package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.types.pojo.Field;

/**
 * The record batches of a golden file, one after the other. Inputs and outputs are columns by their
 * tensors' names; where an output has the name of an input, it is the later of the two columns.
 *
 * <p>Not thread-safe.
 */
final class GoldenRows implements AutoCloseable {
  private final SeekableByteChannel channel;
  private final ArrowFileReader reader;
  private final Signature signature;
  private final BufferAllocator allocator;
  private final VectorSchemaRoot root;

  private GoldenRows(
      SeekableByteChannel channel,
      ArrowFileReader reader,
      Signature signature,
      BufferAllocator allocator)
      throws IOException {
    this.channel = channel;
    this.reader = reader;
    this.signature = signature;
    this.allocator = allocator;
    this.root = reader.getVectorSchemaRoot();
    checkNames(root.getSchema().getFields().stream().map(Field::getName).toList());
  }

  /**
   * Opens a file.
   *
   * @throws IOException if it cannot be read
   * @throws InvalidModelException if it has other columns than the signature
   */
  // Who closes the channel is who closes the rows.
  @SuppressWarnings("MustBeClosedChecker")
  static GoldenRows open(Path file, Signature signature, BufferAllocator allocator)
      throws IOException {
    SeekableByteChannel channel = Files.newByteChannel(file);
    ArrowFileReader reader = new ArrowFileReader(channel, allocator);
    try {
      return new GoldenRows(channel, reader, signature, allocator);
    } catch (IOException | RuntimeException e) {
      reader.close();
      channel.close();
      throw e;
    }
  }

  private void checkNames(List<String> there) {
    List<String> expected =
        Stream.of(signature.inputs(), signature.outputs())
            .flatMap(List::stream)
            .map(TensorSpec::name)
            .toList();
    if (!there.stream().sorted().toList().equals(expected.stream().sorted().toList())) {
      throw new InvalidModelException(
          "columns: %s (expected: one per input and output, %s)"
              .formatted(
                  there.stream().collect(Collectors.joining("', '", "'", "'")),
                  expected.stream().collect(Collectors.joining("', '", "'", "'"))));
    }
  }

  Tolerance tolerance() {
    return Tolerance.of(root.getSchema().getCustomMetadata());
  }

  /** Goes to the next record batch that has rows; answers whether there is one. */
  boolean next() throws IOException {
    while (reader.loadNextBatch()) {
      if (root.getRowCount() > 0) {
        return true;
      }
    }
    return false;
  }

  int rows() {
    return root.getRowCount();
  }

  /** A copy of the inputs of this record batch. The caller closes it. */
  ColumnBatch inputs() {
    return columns(signature.inputs(), false);
  }

  /** A copy of the outputs of this record batch. The caller closes it. */
  ColumnBatch outputs() {
    return columns(signature.outputs(), true);
  }

  private ColumnBatch columns(List<TensorSpec> tensors, boolean last) {
    List<Column> columns = new ArrayList<>();
    try {
      for (TensorSpec tensor : tensors) {
        int index = index(tensor.name(), last);
        columns.add(ArrowColumns.read(root.getVector(index), tensor, rows(), allocator));
      }
      return ColumnBatch.of(rows(), columns);
    } catch (RuntimeException e) {
      columns.forEach(Column::close);
      throw e;
    }
  }

  private int index(String name, boolean last) {
    List<String> names = root.getSchema().getFields().stream().map(Field::getName).toList();
    return last ? names.lastIndexOf(name) : names.indexOf(name);
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      reader.close();
    }
  }
}
