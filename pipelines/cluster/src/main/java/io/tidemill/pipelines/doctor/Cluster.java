package io.tidemill.pipelines.doctor;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemill.pipelines.rest.FlinkRest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.configuration.IllegalConfigurationException;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;

/**
 * Where jobs are to run, as far as it can be seen from here. Immutable.
 *
 * @param kind what it is
 * @param file where Flink's configuration is written, for a person to change it
 * @param lib the folder of its jars, for a person to change it
 * @param flink its configuration
 * @param java the number of its Java, such as 17; 0 where it does not tell
 * @param options of its TaskManagers' JVMs
 * @param jars their names
 * @param taskManagers those that are known; of a folder, the one that it would start
 */
public record Cluster(
    Kind kind,
    String file,
    String lib,
    Configuration flink,
    int java,
    String options,
    List<String> jars,
    List<TaskMemory> taskManagers) {
  /** How a place runs jobs, and what can be seen of it. */
  public enum Kind {
    /** The Flink inside this process. */
    PROCESS,
    /** A distribution of Flink on this machine. */
    HOME,
    /** A cluster that runs, here or elsewhere. */
    REST
  }

  /**
   * What a TaskManager has for memory that is not on the heap, in bytes.
   *
   * @param tasks for its tasks, as {@code taskmanager.memory.task.off-heap.size} says
   * @param framework for Flink itself, from which tasks can take
   * @param overhead beside all that Flink counts
   * @param process all that Flink counts, and that
   * @param machine what the process can have at most: a container's limit, else the whole machine;
   *     0 where it does not tell
   */
  public record TaskMemory(
      long tasks, long framework, long overhead, long process, long machine, int slots) {
    /** Whether so much more than it is made for is more than there is. */
    boolean isKilledWith(long more) {
      return more > 0 && machine > 0 && more > machine - process;
    }
  }

  private static final String FLINK_1 = "flink-conf.yaml";

  // "OpenJDK 64-Bit Server VM - Eclipse Adoptium - 17/17.0.9+9", and what a JDK's release file has.
  private static final Pattern JAVA_VERSION =
      Pattern.compile("(?: - |JAVA_VERSION=\")(?:1\\.)?(\\d+)[./\"]");

  private static final List<ConfigOption<String>> TASK_MANAGER =
      List.of(
          CoreOptions.FLINK_DEFAULT_JVM_OPTIONS,
          CoreOptions.FLINK_JVM_OPTIONS,
          CoreOptions.FLINK_DEFAULT_TM_JVM_OPTIONS,
          CoreOptions.FLINK_TM_JVM_OPTIONS);
  private static final List<ConfigOption<String>> JOB_MANAGER =
      List.of(CoreOptions.FLINK_DEFAULT_JM_JVM_OPTIONS, CoreOptions.FLINK_JM_JVM_OPTIONS);

  public Cluster {
    requireNonNull(kind, "kind");
    flink = new Configuration(flink);
    jars = List.copyOf(jars);
    taskManagers = List.copyOf(taskManagers);
  }

  /** The Flink that the command embeds, and starts as it should be. */
  public static Cluster ofThisProcess() {
    return new Cluster(
        Kind.PROCESS,
        "the job's 'flink:'",
        "",
        new Configuration(),
        Runtime.version().feature(),
        "",
        List.of(),
        List.of());
  }

  /**
   * A distribution of Flink on this machine. Blocks on its folder.
   *
   * @throws IOException if there is none
   */
  public static Cluster ofHome(Path home) throws IOException {
    Path conf = home.resolve("conf");
    Path lib = home.resolve("lib");
    Path file = conf.resolve("config.yaml");
    if (Files.notExists(file) && Files.exists(conf.resolve(FLINK_1))) {
      throw new IOException(
          "%s is of Flink 1, and Flink 2 reads config.yaml alone; bin/migrate-config-file.sh of Flink 2 makes that of it"
              .formatted(conf.resolve(FLINK_1)));
    }
    // As Flink's scripts do: with folders, and without links to nothing, which they take for jars.
    try (Stream<Path> jars = Files.walk(lib.toRealPath())) {
      Configuration flink = GlobalConfiguration.loadConfiguration(conf.toString());
      return new Cluster(
          Kind.HOME,
          file.toString(),
          lib.toString(),
          flink,
          java(flink),
          options(flink),
          names(jars.filter(Files::isRegularFile).map(Path::toString)),
          memory(flink).stream().toList());
    } catch (RuntimeException unreadable) {
      throw new IOException("%s: %s".formatted(file, inALine(unreadable)), unreadable);
    }
  }

  /** The cause, which Flink wraps in that it could not read. */
  private static String inALine(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).strip().replaceAll("\\s*\\R\\s*", "; ");
  }

  /**
   * A cluster that runs. Blocks on its answers.
   *
   * @throws IOException if it does not answer as Flink does
   */
  public static Cluster ofRest(URI root) throws IOException, InterruptedException {
    return of(new FlinkRest(root));
  }

  /**
   * The same.
   *
   * @throws IOException if it does not answer as Flink does
   */
  public static Cluster of(FlinkRest rest) throws IOException, InterruptedException {
    JsonNode environment = rest.get("/jobmanager/environment", "/jvm/options");
    Configuration flink = configuration(rest);
    List<String> texts = new ArrayList<>();
    texts.add(options(flink));
    String ofJobManager = options(flink, JOB_MANAGER).replace(' ', '=');
    for (JsonNode option : environment.at("/jvm/options")) {
      if (!ofJobManager.contains(option.asText())) {
        texts.add(option.asText());
      }
    }
    List<String> classPath = new ArrayList<>();
    environment
        .path("classpath")
        .forEach(entry -> classPath.addAll(List.of(entry.asText().split("[:;]"))));
    List<TaskMemory> taskManagers = new ArrayList<>();
    for (JsonNode manager : rest.get("/taskmanagers", "/taskmanagers").path("taskmanagers")) {
      JsonNode memory = manager.path("memoryConfiguration");
      taskManagers.add(
          new TaskMemory(
              memory.path("taskOffHeap").asLong(),
              memory.path("frameworkOffHeap").asLong(),
              memory.path("jvmOverhead").asLong(),
              memory.path("totalProcessMemory").asLong(),
              manager.at("/hardware/physicalMemory").asLong(),
              manager.path("slotsNumber").asInt()));
    }
    if (taskManagers.isEmpty()) {
      // Those that it starts when they are wanted.
      taskManagers.addAll(memory(flink).stream().toList());
    }
    return new Cluster(
        Kind.REST,
        "config.yaml of " + rest,
        "Flink's lib folder on every machine of " + rest,
        flink,
        javaVersion(environment.at("/jvm/version").asText()),
        String.join(" ", texts),
        names(classPath.stream()),
        taskManagers);
  }

  /** Whether a folder is one of its machines, which may be others than this one. */
  boolean hides(String folder) {
    return kind == Kind.REST && isOfOneMachine(folder);
  }

  /** Whether a folder is one of a single machine, as its URI has no scheme or {@code file:}. */
  public static boolean isOfOneMachine(String uri) {
    return !uri.matches("(?!file:)[\\w+.-]{2,}:.*");
  }

  private static List<String> names(Stream<String> paths) {
    return paths
        .filter(path -> path.endsWith(".jar"))
        .map(path -> path.replaceFirst(".*[/\\\\]", ""))
        .distinct()
        .sorted()
        .toList();
  }

  /** What Flink's scripts start a TaskManager with. */
  private static String options(Configuration flink) {
    return options(flink, TASK_MANAGER);
  }

  private static String options(Configuration flink, List<ConfigOption<String>> said) {
    return said.stream().map(flink::get).collect(Collectors.joining(" "));
  }

  /**
   * What a JobManager is configured with.
   *
   * @throws IOException if it does not answer as Flink does
   */
  public static Configuration configuration(FlinkRest rest)
      throws IOException, InterruptedException {
    Configuration flink = new Configuration();
    for (JsonNode entry : rest.get("/jobmanager/config", "")) {
      flink.setString(entry.path("key").asText(), entry.path("value").asText());
    }
    return flink;
  }

  private static int java(Configuration flink) throws IOException {
    String home = flink.get(CoreOptions.FLINK_JAVA_HOME);
    if (home == null) {
      return Runtime.version().feature();
    }
    Path release = Path.of(home, "release");
    return Files.exists(release) ? javaVersion(Files.readString(release)) : 0;
  }

  private static int javaVersion(String text) {
    Matcher version = JAVA_VERSION.matcher(text);
    return version.find() ? Integer.parseInt(version.group(1)) : 0;
  }

  /** As Flink works it out; empty where it would not start with it. */
  private static Optional<TaskMemory> memory(Configuration flink) {
    try {
      TaskExecutorProcessSpec process = TaskExecutorProcessUtils.processSpecFromConfig(flink);
      return Optional.of(
          new TaskMemory(
              process.getTaskOffHeapSize().getBytes(),
              flink.get(TaskManagerOptions.FRAMEWORK_OFF_HEAP_MEMORY).getBytes(),
              process.getJvmOverheadSize().getBytes(),
              process.getTotalProcessMemorySize().getBytes(),
              0,
              flink.get(TaskManagerOptions.NUM_TASK_SLOTS)));
    } catch (IllegalConfigurationException doesNotStart) {
      return Optional.empty();
    }
  }
}
