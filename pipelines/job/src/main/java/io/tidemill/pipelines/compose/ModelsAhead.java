package io.tidemill.pipelines.compose;

import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.loader.ModelHandle;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.model.loader.TaskContext;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of a job, loaded by a thread of their own while Flink starts, so that the tasks find
 * them loaded. A task that has its model keeps it, and this lets go of it; one that cannot be
 * loaded is left to the task, which says so. Once closed, it keeps nothing.
 *
 * <p>Thread-safe.
 */
public final class ModelsAhead implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelsAhead.class);
  private static final int ANY_SUBTASK = 0;

  private final List<ModelHandle> handles = new ArrayList<>();
  private boolean closed;

  private ModelsAhead() {}

  static ModelsAhead load(List<PlannedStep> steps) {
    ModelsAhead ahead = new ModelsAhead();
    // Which GPU a task chooses is not known here.
    List<PlannedStep> placed =
        steps.stream().filter(step -> !step.model().placement().device().isChosenByTask()).toList();
    Thread thread = new Thread(() -> placed.forEach(ahead::load), "tidemill-load-ahead");
    thread.setDaemon(true);
    thread.start();
    return ahead;
  }

  private void load(PlannedStep step) {
    StoredModel model = step.model();
    StepSettings settings = step.definition().settings();
    TaskContext task =
        new TaskContext(
            ANY_SUBTASK, List.of(), settings.batching().maxSize(), settings.timeouts().load());
    try {
      if (!isClosed()) {
        keep(model.openAhead(task));
      }
    } catch (RuntimeException | LinkageError refused) {
      LOG.debug("{}: not loaded ahead", model.version(), refused);
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized void keep(ModelHandle handle) {
    if (closed) {
      handle.close();
    } else {
      handles.add(handle);
    }
  }

  /** Unloads what no task has asked for. */
  @Override
  public synchronized void close() {
    closed = true;
    handles.forEach(ModelHandle::close);
    handles.clear();
  }
}
