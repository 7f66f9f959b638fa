package io.tidemill.connectors.files;

import static java.util.Objects.requireNonNull;

import io.tidemill.connectors.problem.RootCause;
import io.tidemill.connectors.record.UnmovedFilesException;
import java.io.IOException;
import org.apache.flink.api.common.SupportsConcurrentExecutionAttempts;
import org.apache.flink.api.common.io.FinalizeOnMaster;
import org.apache.flink.api.common.io.OutputFormat;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.table.FileSystemOutputFormat;

/**
 * Flink's files of a batch job, which wait in a folder of their own until it ends, and are then
 * moved one after the other. Where that fails, Flink would run the whole job again, and what was
 * moved would be there twice: here it ends the job. Not thread-safe.
 */
public final class StagedFiles<T>
    implements OutputFormat<T>, FinalizeOnMaster, SupportsConcurrentExecutionAttempts {
  private static final long serialVersionUID = 1L;

  private final FileSystemOutputFormat<T> files;
  private final String folder;

  /**
   * Files.
   *
   * @param folder to which they are moved
   */
  public StagedFiles(FileSystemOutputFormat<T> files, String folder) {
    this.files = requireNonNull(files, "files");
    this.folder = requireNonNull(folder, "folder");
  }

  @Override
  public void configure(Configuration parameters) {
    files.configure(parameters);
  }

  @Override
  public void open(InitializationContext context) throws IOException {
    files.open(context);
  }

  @Override
  public void writeRecord(T element) throws IOException {
    files.writeRecord(element);
  }

  @Override
  public void close() throws IOException {
    files.close();
  }

  @Override
  public void finalizeGlobal(FinalizationContext context) {
    try {
      files.finalizeGlobal(context);
    } catch (RuntimeException cutOff) {
      RootCause root = RootCause.of(cutOff);
      throw new UnmovedFilesException(
          "'%s': not all files of the job were moved there: %s: %s (expected: a folder in which nobody else changes anything; readers may see some of them: take those away, unless the sink has overwrite: true, and run again)"
              .formatted(folder, root.failure().getClass().getSimpleName(), root.message()),
          cutOff);
    }
  }
}
