package io.tidemill.connectors.files;

import io.tidemill.connectors.options.FileReading;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.file.src.FileSource;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.enumerate.FileEnumerator;
import org.apache.flink.connector.file.src.enumerate.NonSplittingRecursiveAllDirEnumerator;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.core.fs.Path;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The files of a folder, read as a job asks for it. Immutable.
 *
 * @param <E> what they hold
 * @param pattern of the paths of the files that are read; empty for all
 */
record FolderFiles<E>(Path path, Optional<String> pattern, FileReading reading) {
  /** A name may have the end of a line in it. */
  static final String ALL = "(?s).*";

  /**
   * Adds them to a graph.
   *
   * @param joined what is read of small files, one after the other, as it leaves the source
   * @param letters stand for what is not read of a corrupt file, where that does not fail the job
   * @param monitorInterval how often to look for new files; empty to look once
   */
  SingleOutputStreamOperator<E> attach(
      StreamExecutionEnvironment environment,
      String uid,
      BulkFormat<E, FileSourceSplit> format,
      UnaryOperator<BulkFormat<E, FileSourceSplit>> joined,
      UpToDamage.Letters<E> letters,
      Optional<Duration> monitorInterval) {
    FileSource.FileSourceBuilder<E> files =
        FileSource.forBulkFileFormat(
                joined.apply(
                    new FilesFormat<>(
                        new NamedFormat<>(
                            reading.corruptToDeadLetters()
                                ? new UpToDamage<>(format, letters)
                                : format))),
                path)
            .setFileEnumerator(
                enumerator(pattern.orElse(ALL), format.isSplittable() && !reading.whole()));
    monitorInterval.ifPresent(files::monitorContinuously);
    return environment
        .fromSource(
            ReadableFiles.named(files.build()),
            WatermarkStrategy.noWatermarks(),
            uid,
            format.getProducedType())
        .uid(uid);
  }

  private static FileEnumerator.Provider enumerator(String pattern, boolean inRanges) {
    return inRanges
        ? () -> new FileRanges(pattern)
        : () -> new NonSplittingRecursiveAllDirEnumerator(pattern);
  }
}
