package io.tidemill.model.loader;

import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import java.io.Serializable;

/**
 * Where a task gets its model. It is made when a job is planned, pinned to one version, and travels
 * to the tasks with the job.
 */
public interface ModelSource extends Serializable {

  /** The version that every {@link #open()} answers. */
  ModelVersion version();

  /** The signature of that version. */
  Signature signature();

  /**
   * A handle to the loaded and warmed-up model. Blocks while it is fetched and loaded; subtasks of
   * one process share one loaded copy per device.
   *
   * @throws io.tidemill.model.ModelException if it cannot be had, with the reason and the remedy
   */
  ModelHandle open();

  /**
   * The same for a task, on the device that is its own, and warmed up for the sizes of its batches.
   * A source that has no use for what the task says answers {@link #open()}.
   *
   * @throws io.tidemill.model.ModelException if it cannot be had, with the reason and the remedy
   */
  default ModelHandle open(TaskContext task) {
    return open();
  }
}
