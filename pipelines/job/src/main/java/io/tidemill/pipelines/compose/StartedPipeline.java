package io.tidemill.pipelines.compose;

import org.apache.flink.core.execution.JobClient;

/** A job that Flink has accepted, and what its sinks have made for it. */
public final class StartedPipeline {
  private final JobClient client;
  private final StagingFolders folders;

  StartedPipeline(JobClient client, StagingFolders folders) {
    this.client = client;
    this.folders = folders;
  }

  /** Flink's own handle to the job. */
  public JobClient client() {
    return client;
  }

  /**
   * Deletes the files of its sinks that no reader was to see yet. Only once the job has ended, and
   * not where it failed between them: then they may be all there is of what they were to replace.
   * Blocks on the file system.
   */
  public void discardFiles() {
    folders.discard();
  }
}
