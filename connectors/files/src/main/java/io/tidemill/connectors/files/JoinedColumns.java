package io.tidemill.connectors.files;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.connector.file.src.util.SingletonResultIterator;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.jspecify.annotations.Nullable;

/**
 * A format of which the elements of small files are joined into one: what is done for an element on
 * its way, a call of the model above all, takes as long for few rows as for some hundred.
 * Immutable.
 *
 * @param format of columns that come from a {@link ParquetColumnFormat}
 */
record JoinedColumns(BulkFormat<VectorizedColumnBatch, FileSourceSplit> format)
    implements BulkFormat<VectorizedColumnBatch, FileSourceSplit> {
  private static final long serialVersionUID = 1L;

  /** The first rows wait no longer for others, however slow the store is. */
  private static final long LONGEST_NANOS = Duration.ofSeconds(1).toNanos();

  /** Of texts and lists, which small files may have many of when they are unpacked. */
  private static final long MOST_BYTES = 16 << 20;

  @Override
  public BulkFormat.Reader<VectorizedColumnBatch> createReader(
      Configuration config, FileSourceSplit split) throws IOException {
    BulkFormat.Reader<VectorizedColumnBatch> reader = format.createReader(config, split);
    return split instanceof FilesSplit ? new Joining(reader) : reader;
  }

  @Override
  public BulkFormat.Reader<VectorizedColumnBatch> restoreReader(
      Configuration config, FileSourceSplit split) throws IOException {
    return format.restoreReader(config, split);
  }

  @Override
  public boolean isSplittable() {
    return format.isSplittable();
  }

  @Override
  public TypeInformation<VectorizedColumnBatch> getProducedType() {
    return format.getProducedType();
  }

  /** An element, and where reading goes on behind it. */
  private record Placed(VectorizedColumnBatch element, CheckpointedPosition behind) {}

  private static final class Joining implements BulkFormat.Reader<VectorizedColumnBatch> {
    private final BulkFormat.Reader<VectorizedColumnBatch> reader;
    private final PostponedFailure postponed = new PostponedFailure();

    /** Was read, and did not fit behind those before it. */
    private @Nullable Placed next;

    Joining(BulkFormat.Reader<VectorizedColumnBatch> reader) {
      this.reader = reader;
    }

    @Override
    public BulkFormat.@Nullable RecordIterator<VectorizedColumnBatch> readBatch()
        throws IOException {
      Placed last = next == null ? read() : next;
      next = null;
      if (last == null) {
        return null;
      }
      Joint joint = new Joint(last.element);
      long begunNanos = System.nanoTime();
      while (System.nanoTime() - begunNanos < LONGEST_NANOS
          && !Thread.currentThread().isInterrupted()) {
        Placed one = readOrPostpone();
        if (one == null) {
          break;
        }
        if (!joint.takes(one.element)) {
          next = one;
          break;
        }
        last = one;
      }
      SingletonResultIterator<VectorizedColumnBatch> joined = new SingletonResultIterator<>();
      joined.set(joint.element(), last.behind.getOffset(), last.behind.getRecordsAfterOffset());
      return joined;
    }

    /** Null, too, where it fails: what was read before is whole. */
    private @Nullable Placed readOrPostpone() {
      try {
        return read();
      } catch (IOException | RuntimeException e) {
        postponed.keep(e);
        return null;
      }
    }

    private @Nullable Placed read() throws IOException {
      postponed.throwIfAny();
      BulkFormat.RecordIterator<VectorizedColumnBatch> batch = reader.readBatch();
      if (batch == null) {
        return null;
      }
      RecordAndPosition<VectorizedColumnBatch> only = requireNonNull(batch.next(), "element");
      return new Placed(
          only.getRecord(), new CheckpointedPosition(only.getOffset(), only.getRecordSkipCount()));
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }

  /** Elements one behind the other. */
  private static final class Joint {
    private final List<VectorizedColumnBatch> elements = new ArrayList<>();

    /** Null for what is in no vectors that others could be copied into. */
    private final @Nullable ColumnVectors vectors;

    /** With the rows of all; null while there is one element, which stays as it is. */
    private ColumnVectors.@Nullable Filled filled;

    private int rows;
    private long bytes;

    Joint(VectorizedColumnBatch first) {
      FileOrigin.Taken taken = FileOrigin.of(first).taken();
      vectors = taken == null ? null : taken.vectors();
      elements.add(first);
      rows = first.getNumRows();
    }

    /** Copies one behind the others if it has their columns, and there is room for it. */
    boolean takes(VectorizedColumnBatch one) {
      FileOrigin.Taken taken = FileOrigin.of(one).taken();
      ColumnVectors into = vectors;
      if (into == null
          || taken == null
          || taken.vectors() != into
          || bytes > MOST_BYTES
          || rows + one.getNumRows() > into.rows()) {
        return false;
      }
      ColumnVectors.Filled target = filled;
      if (target == null) {
        target = into.take();
        move(elements.get(0), target, 0);
        filled = target;
      }
      move(one, target, rows);
      elements.add(one);
      rows += one.getNumRows();
      return true;
    }

    private void move(VectorizedColumnBatch from, ColumnVectors.Filled to, int at) {
      FileOrigin origin = FileOrigin.of(from);
      FileOrigin.Taken taken = requireNonNull(origin.taken());
      taken.vectors().copy(taken.filled(), from.getNumRows(), to, at);
      bytes += ColumnVectors.bytes(to, at, at + from.getNumRows());
      origin.release();
    }

    VectorizedColumnBatch element() {
      ColumnVectors.Filled all = filled;
      if (all == null) {
        return elements.get(0);
      }
      int count = all.read().length;
      ColumnVector[] columns = Arrays.copyOf(all.read(), count + 1);
      columns[count] = FileOrigin.of(elements, new FileOrigin.Taken(requireNonNull(vectors), all));
      VectorizedColumnBatch joined = new VectorizedColumnBatch(columns);
      joined.setNumRows(rows);
      return joined;
    }
  }
}
