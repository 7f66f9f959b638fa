package io.tidemill.pipelines.doctor;

import static io.tidemill.pipelines.doctor.Finding.ok;
import static io.tidemill.pipelines.doctor.Finding.warn;
import static io.tidemill.pipelines.doctor.Finding.wrong;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.model.Device;
import io.tidemill.model.ModelException;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.loader.LoadedCopy;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.model.store.ByteSize;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.doctor.Cluster.TaskMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ExternalResourceOptions;

/** What one job needs of the place where it runs. */
record JobNeeds(PlannedPipeline job, Cluster cluster) {
  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final Path DRIVER = Path.of("/proc/driver/nvidia/version");

  private Stream<StoredModel> stored() {
    return job.storedModels().stream().distinct();
  }

  /** Beside those that every job needs in Flink's lib folder. */
  List<String> artifacts() {
    Stream<String> engines =
        stored().map(StoredModel::engine).map(Engines::artifact).flatMap(Optional::stream);
    Stream<String> registry =
        stored().anyMatch(model -> model.storeUri().startsWith("oci:"))
            ? Stream.of("tidemill-store-oci")
            : Stream.empty();
    return Stream.concat(engines, registry).distinct().toList();
  }

  boolean mayPublishTwice() {
    return job.mayPublishTwice(cluster.flink());
  }

  boolean makesCheckpoints() {
    return job.definition().mode() == ExecutionMode.STREAMING
        && said(CheckpointingOptions.CHECKPOINTING_INTERVAL)
            .or(() -> cluster.flink().getOptional(CheckpointingOptions.CHECKPOINTING_INTERVAL))
            .isPresent();
  }

  /** An option that the job sets itself. */
  <T> Optional<T> said(ConfigOption<T> option) {
    return job.configuration().getOptional(option);
  }

  /** Arrow's memory and that of the engines, against what the smallest TaskManager has. */
  Finding memory() {
    String check = "memory";
    String key = "taskmanager.memory.task.off-heap.size";
    Optional<TaskMemory> smallest =
        cluster.taskManagers().stream().min(Comparator.comparingLong(TaskMemory::tasks));
    if (smallest.isEmpty()) {
      return warn(
          check,
          "Flink cannot work out the memory of a TaskManager",
          "set taskmanager.memory.process.size and %s in %s".formatted(key, cluster.file()));
    }
    TaskMemory there = smallest.get();
    long arrow = job.stepBytes(there.slots());
    long engines = job.nativeBytes();
    String found =
        "%s is %s; the job takes %s of Arrow's in %d slots, and %s for its engines and models"
            .formatted(
                key,
                new ByteSize(there.tasks()),
                new ByteSize(arrow),
                there.slots(),
                new ByteSize(engines));
    String change =
        "set %s: %dm in %s"
            .formatted(key, job.offHeap(there.slots()).getMebiBytes(), cluster.file());
    // Beyond its direct memory a call fails, and beyond a container's limit the process is killed.
    if (arrow - there.framework() > there.tasks()
        || there.isKilledWith(
            arrow + engines - there.tasks() - there.framework() - there.overhead())) {
      return wrong(check, found, change);
    }
    // Flink itself needs some of its own.
    return arrow - there.framework() / 2 > there.tasks()
            || arrow + engines - there.overhead() > there.tasks()
        ? warn(check, found, change)
        : ok(check, found);
  }

  /** Source, sinks and store, which are outside of the cluster. */
  List<Finding> outside() {
    List<Finding> findings = new ArrayList<>();
    List<Problem<OptionKey>> obstacles = job.obstacles(ANSWER);
    obstacles.forEach(
        obstacle -> findings.add(wrong("connectors", obstacle.message(), change(obstacle))));
    if (obstacles.isEmpty()) {
      findings.add(ok("connectors", "source and sinks have what they need"));
    }
    String store = job.describe().store();
    String models = String.join(", ", job.modelNames());
    findings.add(
        cluster.hides(store)
            ? warn(
                "store",
                "%s in %s, a folder".formatted(models, store),
                "nothing if all machines of the cluster have it; else push to a store such as s3://… and name it by TIDEMILL_STORE there, or 'store:' in the job's file")
            : ok("store", "%s in %s".formatted(models, store)));
    return findings;
  }

  private String change(Problem<OptionKey> obstacle) {
    return "see %s of %s in the job's file"
        .formatted(obstacle.place().key(), obstacle.place().part());
  }

  /** Whether the models load on this machine, and on the GPU that they want. */
  List<Finding> models() {
    List<Finding> findings = new ArrayList<>();
    if (stored().anyMatch(model -> model.placement().device().kind() == Device.Kind.GPU)) {
      findings.addAll(gpu());
    }
    stored()
        .filter(model -> !model.placement().device().isChosenByTask())
        .forEach(model -> findings.add(load(model)));
    return findings;
  }

  private static Finding load(StoredModel model) {
    String what =
        "%s with %s on %s".formatted(model.version(), model.engine(), model.placement().device());
    try (LoadedCopy loaded = model.openForTrial()) {
      return ok("natives", what + " loads");
    } catch (ModelException | LinkageError refused) {
      return wrong("natives", what + ": " + refused.getMessage(), "what the message says");
    }
  }

  private List<Finding> gpu() {
    String check = "gpu";
    // The Flink of this process has what the job says; that of others has it from its own file.
    Optional<List<String>> given =
        cluster.kind() == Cluster.Kind.PROCESS
            ? said(ExternalResourceOptions.EXTERNAL_RESOURCE_LIST)
            : cluster.flink().getOptional(ExternalResourceOptions.EXTERNAL_RESOURCE_LIST);
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Files.exists(DRIVER)
            ? ok(check, "a driver is there")
            : wrong(
                check,
                "no driver: " + DRIVER + " is not there",
                "install NVIDIA's driver on each machine, or set resources.device: cpu in the job's file"));
    if (stored().anyMatch(model -> model.placement().device().isChosenByTask())
        && !given.orElse(List.of()).contains(check)) {
      findings.add(
          wrong(
              check,
              "gpu:auto takes what Flink gives, which has none",
              "set external-resources: gpu and external-resource.gpu.* in " + cluster.file()));
    }
    return findings;
  }
}
