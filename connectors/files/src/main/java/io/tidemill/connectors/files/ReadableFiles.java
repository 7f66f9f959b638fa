package io.tidemill.connectors.files;

import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.DynamicParallelismInference;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.connector.file.src.FileSource;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.PendingSplitsCheckpoint;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Flink's source of files, which fails the job with the file that it cannot read, and without a
 * restart where that would find it as it is. Immutable.
 *
 * @param <E> what the files hold
 */
public final class ReadableFiles<E>
    implements Source<E, FileSourceSplit, PendingSplitsCheckpoint<FileSourceSplit>>,
        DynamicParallelismInference {
  private static final long serialVersionUID = 1L;

  private final FileSource<E> files;
  private final boolean named;

  public ReadableFiles(FileSource<E> files) {
    this(files, false);
  }

  private ReadableFiles(FileSource<E> files, boolean named) {
    this.files = files;
    this.named = named;
  }

  /** Those of a {@link NamedFormat}, of which a reader may have several before it. */
  static <E> ReadableFiles<E> named(FileSource<E> files) {
    return new ReadableFiles<>(files, true);
  }

  @Override
  public SourceReader<E, FileSourceSplit> createReader(SourceReaderContext context) {
    ReaderPortion portion = new ReaderPortion(context);
    return new ReadableFileReader<>(files.createReader(portion), portion);
  }

  @Override
  public Boundedness getBoundedness() {
    return files.getBoundedness();
  }

  @Override
  public SplitEnumerator<FileSourceSplit, PendingSplitsCheckpoint<FileSourceSplit>>
      createEnumerator(SplitEnumeratorContext<FileSourceSplit> context) {
    return ends()
        ? new SplitPortions(context, most(), files::createEnumerator)
        : files.createEnumerator(context);
  }

  @Override
  public SplitEnumerator<FileSourceSplit, PendingSplitsCheckpoint<FileSourceSplit>>
      restoreEnumerator(
          SplitEnumeratorContext<FileSourceSplit> context,
          PendingSplitsCheckpoint<FileSourceSplit> checkpoint) {
    return ends()
        ? new SplitPortions(context, most(), told -> files.restoreEnumerator(told, checkpoint))
        : files.restoreEnumerator(context, checkpoint);
  }

  @Override
  public SimpleVersionedSerializer<FileSourceSplit> getSplitSerializer() {
    return named ? new FilesSplitSerializer() : files.getSplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<PendingSplitsCheckpoint<FileSourceSplit>>
      getEnumeratorCheckpointSerializer() {
    return files.getEnumeratorCheckpointSerializer();
  }

  @Override
  public int inferParallelism(DynamicParallelismInference.Context context) {
    return files.inferParallelism(context);
  }

  /** Others wait for files, and answer a request when there is one. */
  private boolean ends() {
    return getBoundedness() == Boundedness.BOUNDED;
  }

  /** Of splits that a reader may have before it. */
  private int most() {
    return named ? SplitPortions.MOST : 1;
  }
}
