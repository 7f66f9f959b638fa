package io.tidemill.benchmarks;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.loader.LoadRequest;
import io.tidemill.model.loader.LoadedModels;
import io.tidemill.model.loader.ModelHandle;
import io.tidemill.model.loader.ModelSource;
import io.tidemill.model.loader.TaskContext;
import io.tidemill.model.store.cache.CachedModel;
import java.nio.file.Path;
import java.util.List;

/**
 * What stands behind an operator with the workload's signature, without a store.
 *
 * @param meterName of the variant
 */
record WorkloadModel(Workload workload, Kind kind, String meterName) implements ModelSource {

  /** What is called. */
  enum Kind {
    /** The workload's own model, one copy shared by every subtask. */
    ENGINE(""),
    /** {@link NoOpModel}: leaves what the operator costs. */
    NO_OP("-noop"),
    /** {@link SingleThreadedModel}: computes in the thread that calls. */
    SINGLE_THREADED("-single"),
    /** {@link HeldModel}: a call takes its time and no processor. */
    HELD("-held");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    /** As it stands in the names of variants. */
    String label() {
      return label;
    }
  }

  @Override
  public ModelVersion version() {
    return workload.version();
  }

  @Override
  public Signature signature() {
    return workload.signature();
  }

  @Override
  public ModelHandle open() {
    return open(new TaskContext(0, List.of(), 1));
  }

  @Override
  public ModelHandle open(TaskContext task) {
    return switch (kind) {
      case ENGINE ->
          LoadedModels.ofProcess()
              .open(
                  new LoadRequest(
                      version(),
                      workload.engine(),
                      signature(),
                      Placement.on(task.choose(version(), workload.device()))),
                  task,
                  () -> CachedModel.outside(Path.of(workload.folder())));
      case NO_OP -> own(new NoOpModel(version(), signature()));
      case SINGLE_THREADED -> own(new SingleThreadedModel(version(), signature()));
      case HELD -> own(new HeldModel(Meter.named(meterName), version(), signature()));
    };
  }

  private static ModelHandle own(Model model) {
    return new ModelHandle(model, model::close);
  }
}
