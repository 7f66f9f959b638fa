package io.tidemill.pipelines.doctor;

import static io.tidemill.pipelines.doctor.Finding.ok;
import static io.tidemill.pipelines.doctor.Finding.warn;
import static io.tidemill.pipelines.doctor.Finding.wrong;
import static org.apache.flink.configuration.CheckpointingOptions.CHECKPOINTS_DIRECTORY;

import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.cache.LocalModelCache;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.doctor.Cluster.Kind;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.flink.configuration.ConfigurationUtils;
import org.apache.flink.configuration.HighAvailabilityOptions;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.UnsupportedFileSystemSchemeException;
import org.apache.flink.runtime.jobmanager.HighAvailabilityMode;

/**
 * Looks at a place where jobs are to run, and writes nothing there but a file that it deletes at
 * once. Not thread-safe.
 */
public final class Doctor {
  private static final String CHECKPOINTS = "checkpoints";
  private static final int JAVA = 17;
  private static final long SCARCE = 2L << 30;
  private static final Pattern OPENS_NIO =
      Pattern.compile(
          "--add-opens[= ]java\\.base/java\\.nio=\\S*(ALL-UNNAMED|org\\.apache\\.arrow)");

  private final Cluster cluster;
  private final Optional<JobNeeds> job;
  private final List<Finding> findings = new ArrayList<>();

  private Doctor(Cluster cluster, Optional<JobNeeds> job) {
    this.cluster = cluster;
    this.job = job;
  }

  /**
   * All that is found. Blocks on what the job uses: broker, store, file systems; and loads its
   * models unless the cluster may be on another machine.
   *
   * @param job empty to look at what any job needs
   */
  public static List<Finding> examine(Cluster cluster, Optional<PlannedPipeline> job) {
    Doctor doctor = new Doctor(cluster, job.map(planned -> new JobNeeds(planned, cluster)));
    doctor.examine();
    return List.copyOf(doctor.findings);
  }

  /** The memory of TaskManagers against what a job needs. Blocks on the store. */
  public static Finding memory(Cluster cluster, PlannedPipeline job) {
    return new JobNeeds(job, cluster).memory();
  }

  private void examine() {
    findings.add(java());
    if (cluster.kind() != Kind.PROCESS) {
      findings.addAll(new Jars(cluster).examine(job.map(JobNeeds::artifacts).orElse(List.of())));
      findings.add(opens());
      findings.add(highAvailability());
      findings.add(checkpoints());
      job.ifPresent(needs -> findings.add(needs.memory()));
    }
    job.ifPresent(needs -> findings.addAll(needs.outside()));
    if (cluster.kind() != Kind.REST) {
      job.ifPresent(needs -> findings.addAll(needs.models()));
      findings.addAll(disk());
    }
  }

  private Finding java() {
    String found =
        "Java %s%s"
            .formatted(
                cluster.java() == 0 ? "that does not tell its version" : cluster.java(),
                cluster.kind() == Kind.REST
                    ? ""
                    : " on %s %s"
                        .formatted(System.getProperty("os.name"), System.getProperty("os.arch")));
    if (cluster.java() >= JAVA) {
      return ok("java", found);
    }
    String change = "set env.java.home to a JDK %d in %s".formatted(JAVA, cluster.file());
    return cluster.java() == 0 ? warn("java", found, change) : wrong("java", found, change);
  }

  private Finding opens() {
    return OPENS_NIO.matcher(cluster.options()).find()
        ? ok("add-opens", "java.nio is open to Arrow")
        : wrong(
            "add-opens",
            "java.nio is not open to Arrow, whose memory the batches are",
            "add --add-opens=java.base/java.nio=ALL-UNNAMED to env.java.opts.all in "
                + cluster.file());
  }

  private Finding highAvailability() {
    String check = "high-availability";
    String kept = cluster.flink().get(HighAvailabilityOptions.HA_STORAGE_PATH);
    if (HighAvailabilityMode.isHighAvailabilityModeActivated(cluster.flink())) {
      String type = cluster.flink().get(HighAvailabilityOptions.HA_MODE);
      if (kept == null) {
        return wrong(
            check,
            type + ", but no high-availability.storageDir",
            "set high-availability.storageDir to a folder that outlives the JobManager in "
                + cluster.file());
      }
      if (HighAvailabilityMode.fromConfig(cluster.flink()) == HighAvailabilityMode.ZOOKEEPER
          && cluster.flink().get(HighAvailabilityOptions.HA_ZOOKEEPER_QUORUM) == null) {
        return wrong(
            check,
            type + ", but no high-availability.zookeeper.quorum",
            "set high-availability.zookeeper.quorum to HOST:PORT of each ZooKeeper in "
                + cluster.file());
      }
      return reached(check, HighAvailabilityOptions.HA_STORAGE_PATH.key(), kept, type + ", in ");
    }
    String change =
        "set high-availability.type to zookeeper or kubernetes, and high-availability.storageDir, in "
            + cluster.file();
    if (job.isEmpty()) {
      return warn(check, "none: a JobManager that dies forgets its jobs", change);
    }
    return job.get().mayPublishTwice()
        ? wrong(
            check,
            "none: if the JobManager dies, the job begins anew and publishes twice; ClusterJob refuses it",
            change)
        : ok(check, "none, and the job may begin anew, or with a savepoint");
  }

  private Finding checkpoints() {
    String key = CHECKPOINTS_DIRECTORY.key();
    Optional<String> folder =
        job.flatMap(needs -> needs.said(CHECKPOINTS_DIRECTORY))
            .or(() -> cluster.flink().getOptional(CHECKPOINTS_DIRECTORY));
    if (job.isPresent() && !job.get().makesCheckpoints()) {
      return ok(CHECKPOINTS, "the job makes none");
    }
    if (folder.isEmpty()) {
      return warn(
          CHECKPOINTS,
          key + " is not set: checkpoints are in the JobManager's memory, and die with it",
          "set it to a folder that all machines reach, in " + cluster.file());
    }
    return reached(CHECKPOINTS, key, folder.get(), "");
  }

  /** Whether a folder of the cluster can be written: a file is, and is deleted again. */
  private Finding reached(String check, String key, String folder, String what) {
    String found = what + folder;
    if (cluster.hides(folder)) {
      return warn(
          check,
          found + " is on the machines of the cluster, and is not looked at from here",
          "nothing if it is one folder that all of them have; else set %s in %s"
              .formatted(key, cluster.file()));
    }
    try {
      Path there = new Path(folder);
      FileSystem files = there.getFileSystem();
      while (!files.exists(there) && there.getParent() != null) {
        there = there.getParent();
      }
      Path probe = new Path(there, ".tidemill-doctor-" + UUID.randomUUID());
      files.create(probe, FileSystem.WriteMode.NO_OVERWRITE).close();
      files.delete(probe, false);
      return ok(check, found + " can be written from here");
    } catch (UnsupportedFileSystemSchemeException noPlugin) {
      return warn(
          check,
          found + " is not looked at, as this command has no plugin for it",
          "nothing if the cluster has it; else put it into the plugins folder of that Flink");
    } catch (IOException | IllegalArgumentException refused) {
      return wrong(
          check,
          "%s cannot be written: %s".formatted(found, refused.getMessage()),
          "let Flink's user write there, or set %s in %s".formatted(key, cluster.file()));
    }
  }

  private List<Finding> disk() {
    Set<String> folders = new LinkedHashSet<>();
    folders.add(LocalModelCache.ofUser().directory().toString());
    folders.addAll(List.of(ConfigurationUtils.parseTempDirectories(cluster.flink())));
    return folders.stream().map(this::disk).toList();
  }

  private Finding disk(String folder) {
    File there = new File(folder).getAbsoluteFile();
    while (!there.exists() && there.getParentFile() != null) {
      there = there.getParentFile();
    }
    long free = there.getUsableSpace();
    String found = "%s free for %s".formatted(new ByteSize(free), folder);
    return free >= SCARCE
        ? ok("disk", found)
        : warn(
            "disk",
            found,
            "free some, as models are copied there and an engine's library unpacks to 600 MB; or set TIDEMILL_CACHE, or io.tmp.dirs in "
                + cluster.file());
  }
}
