package io.tidemill.connectors.files;

import io.tidemill.connectors.problem.RootCause;
import io.tidemill.connectors.record.CorruptFileException;
import java.io.IOException;
import java.io.Serializable;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.connector.file.src.util.SingletonResultIterator;
import org.jspecify.annotations.Nullable;

/**
 * A format that reads a split up to where its file is corrupt, and hands on one letter in the place
 * of the rest.
 *
 * <p>A failure is one of the contents, and not of the file system, where all three hold; else it is
 * thrown on, so that the task fails and may try again:
 *
 * <ol>
 *   <li>The file has the length that it had when it was found.
 *   <li>Its bytes can be read: those of the split, and the last ones, where formats have their
 *       footer.
 *   <li>Read again from where it began, the split fails behind as many batches with the same kind
 *       of exception.
 * </ol>
 *
 * <p>What the job's author, its class path or the rights of its user must mend is no failure of the
 * contents.
 *
 * <p>Behind the letter no record of the split is read, also by who goes on there after a restore.
 * Immutable.
 *
 * @param <E> what the files hold
 * @param letters makes the letter
 */
record UpToDamage<E>(BulkFormat<E, FileSourceSplit> format, Letters<E> letters)
    implements BulkFormat<E, FileSourceSplit> {
  private static final long serialVersionUID = 1L;

  /** The offset of a place behind the letter, which no file has. */
  static final long BEHIND = Long.MAX_VALUE;

  /** Makes what stands for the rest of a split. */
  @FunctionalInterface
  interface Letters<E> extends Serializable {
    E of(CorruptFileException damage);
  }

  @Override
  public BulkFormat.Reader<E> createReader(Configuration config, FileSourceSplit split) {
    return new UpTo(config, split);
  }

  @Override
  public BulkFormat.Reader<E> restoreReader(Configuration config, FileSourceSplit split) {
    return new UpTo(config, split);
  }

  private BulkFormat.Reader<E> open(Configuration config, FileSourceSplit split)
      throws IOException {
    return split.getReaderPosition().isPresent()
        ? format.restoreReader(config, split)
        : format.createReader(config, split);
  }

  @Override
  public boolean isSplittable() {
    return format.isSplittable();
  }

  @Override
  public TypeInformation<E> getProducedType() {
    return format.getProducedType();
  }

  private final class UpTo implements BulkFormat.Reader<E> {
    private final Configuration config;
    private final FileSourceSplit split;
    private BulkFormat.@Nullable Reader<E> reader;
    private long batches;
    private boolean ended;

    UpTo(Configuration config, FileSourceSplit split) {
      this.config = config;
      this.split = split;
      ended = split.getReaderPosition().filter(place -> place.getOffset() == BEHIND).isPresent();
    }

    @Override
    public BulkFormat.@Nullable RecordIterator<E> readBatch() throws IOException {
      if (ended) {
        return null;
      }
      try {
        BulkFormat.Reader<E> open = reader == null ? open(config, split) : reader;
        reader = open;
        BulkFormat.RecordIterator<E> batch = open.readBatch();
        batches++;
        return batch;
      } catch (IOException | RuntimeException e) {
        ended = true;
        close(e);
        Optional<CorruptFileException> damage =
            new FailedSplit(split, e).mayBeOfContents() ? again(e) : Optional.empty();
        if (damage.isEmpty()) {
          throw e;
        }
        SingletonResultIterator<E> letter = new SingletonResultIterator<>();
        letter.set(letters.of(damage.get()), BEHIND, 0);
        return letter;
      }
    }

    /** Reads the split again; empty unless it fails where and as it did. */
    private Optional<CorruptFileException> again(Exception failure) {
      CheckpointedPosition last = split.getReaderPosition().orElse(null);
      BulkFormat.Reader<E> again = null;
      long read = 0;
      try {
        again = open(config, split);
        reader = again;
        while (read <= batches) {
          BulkFormat.RecordIterator<E> batch = again.readBatch();
          if (batch == null) {
            break;
          }
          read++;
          last = behind(batch, last);
          batch.releaseBatch();
        }
        return Optional.empty();
      } catch (IOException | RuntimeException e) {
        Throwable cause = RootCause.of(failure).failure();
        return read == batches && RootCause.of(e).failure().getClass() == cause.getClass()
            ? Optional.of(damage(again, last, failure))
            : Optional.empty();
      } finally {
        close(failure);
      }
    }

    private @Nullable CheckpointedPosition behind(
        BulkFormat.RecordIterator<E> batch, @Nullable CheckpointedPosition before) {
      CheckpointedPosition last = before;
      for (var next = batch.next(); next != null; next = batch.next()) {
        last = new CheckpointedPosition(next.getOffset(), next.getRecordSkipCount());
      }
      return last;
    }

    private CorruptFileException damage(
        BulkFormat.@Nullable Reader<E> stopped,
        @Nullable CheckpointedPosition last,
        Exception failure) {
      long offset = split.offset();
      String place = "its beginning";
      if (stopped instanceof StandsAt known) {
        offset = known.offset();
        place = known.place();
      } else if (last != null && last.getOffset() == CheckpointedPosition.NO_OFFSET) {
        offset = last.getRecordsAfterOffset();
        place = "row %d".formatted(offset);
      } else if (last != null) {
        offset = last.getOffset();
        place = "record %d behind offset %d".formatted(last.getRecordsAfterOffset(), offset);
      }
      boolean whole = split.offset() == 0 && split.length() >= split.fileSize();
      RootCause root = RootCause.of(failure);
      return new CorruptFileException(
          split.path().toString(),
          offset,
          "%s: corrupt at %s: %s: %s; what stands before is read, and the rest of %s is left out; replace the file by a whole one, and run for it again"
              .formatted(
                  split.path(),
                  place,
                  root.failure().getClass().getSimpleName(),
                  root.message(),
                  whole
                      ? "it"
                      : "its bytes %d to %d"
                          .formatted(split.offset(), split.offset() + split.length())),
          failure);
    }

    private void close(Exception failure) {
      try {
        close();
      } catch (IOException | RuntimeException e) {
        failure.addSuppressed(e);
      }
    }

    @Override
    public void close() throws IOException {
      BulkFormat.Reader<E> open = reader;
      reader = null;
      if (open != null) {
        open.close();
      }
    }
  }
}
