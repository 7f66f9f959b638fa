package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.Model;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.pipelines.ClusterJob;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint;
import org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint;
import org.apache.flink.runtime.taskexecutor.TaskManagerRunner;

/**
 * A Flink cluster of processes, a JobManager and TaskManagers, spoken to over REST: a session, or
 * one for a single job, as {@code standalone-job.sh} starts it. Its class path, which stands for
 * Flink's {@code lib} folder, is what it is given.
 */
public final class ProcessCluster implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String LOGGING =
      """
      rootLogger.level = INFO
      rootLogger.appenderRef.console.ref = console
      appender.console.name = console
      appender.console.type = Console
      appender.console.layout.type = PatternLayout
      appender.console.layout.pattern = %d{HH:mm:ss.SSS} %-5p %c{1} - %m%n
      """;

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Role> roles = new ArrayList<>();
  // The JobManager and the TaskManagers, each at the place of its role.
  private final List<Process> processes = new ArrayList<>();
  private final List<Process> beside = new ArrayList<>();
  private final Path folder;
  private final String lib;
  private final int restPort;

  /** What a process is started as, once and again. */
  private record Role(String main, List<String> arguments, String log, List<String> memory) {}

  /** A session with one TaskManager. */
  public ProcessCluster(Path folder, String lib, String more) throws Exception {
    this(folder, lib, more, 1);
  }

  /** A session. */
  public ProcessCluster(Path folder, String lib, String more, int taskManagers) throws Exception {
    this(folder, lib, more, taskManagers, StandaloneSessionClusterEntrypoint.class, List.of());
  }

  /** A cluster with one TaskManager for the job of a file. */
  static ProcessCluster ofJob(Path folder, String lib, String more, List<String> options, Path job)
      throws Exception {
    return new ProcessCluster(
        folder,
        lib,
        more,
        1,
        StandaloneApplicationClusterEntryPoint.class,
        Stream.of(
                List.of("--job-classname", ClusterJob.class.getName()),
                options,
                List.of(job.toString()))
            .flatMap(List::stream)
            .toList());
  }

  /**
   * Starts the processes; {@link #close} ends them.
   *
   * @param folder for everything that they write
   * @param lib the class path of all
   * @param more lines of Flink's configuration
   */
  private ProcessCluster(
      Path folder,
      String lib,
      String more,
      int taskManagers,
      Class<?> jobManager,
      List<String> arguments)
      throws Exception {
    this.folder = folder;
    this.lib = lib;
    restPort = freePort();
    Files.createDirectories(folder.resolve("conf"));
    Files.writeString(folder.resolve("conf/log4j2.properties"), LOGGING);
    Files.writeString(folder.resolve("conf/config.yaml"), configuration(restPort) + more);
    List<String> place = List.of("--configDir", folder.resolve("conf").toString());
    roles.add(
        new Role(
            jobManager.getName(),
            Stream.concat(place.stream(), arguments.stream()).toList(),
            "jobmanager.log",
            List.of("-Xmx512m", "-XX:+UseSerialGC")));
    for (int i = 1; i <= taskManagers; i++) {
      roles.add(
          new Role(
              TaskManagerRunner.class.getName(),
              place,
              i == 1 ? "taskmanager.log" : "taskmanager-" + i + ".log",
              List.of(
                  "-Xmx512m",
                  // All of the heap is there at first: what grows later is none of it.
                  "-Xms512m",
                  "-XX:+AlwaysPreTouch",
                  "-XX:MaxDirectMemorySize=512m",
                  // Whose threads are counted: of the machine's own there are no more later than
                  // at first.
                  "-XX:+UseSerialGC",
                  "-XX:-UseDynamicNumberOfCompilerThreads")));
    }
    try {
      for (Role role : roles) {
        processes.add(start(role));
      }
      await(() -> readyTaskManagers() >= taskManagers);
    } catch (Exception | AssertionError e) {
      close();
      throw e;
    }
  }

  private int readyTaskManagers() throws IOException, InterruptedException {
    int ready = 0;
    for (JsonNode taskManager : get("/taskmanagers").path("taskmanagers")) {
      ready += taskManager.path("freeSlots").asInt() > 0 ? 1 : 0;
    }
    return ready;
  }

  /** A port of this machine that nobody listens at. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private String configuration(int port) throws IOException {
    return """
        jobmanager.rpc.address: localhost
        jobmanager.rpc.port: %d
        jobmanager.bind-host: localhost
        rest.address: localhost
        rest.bind-address: localhost
        rest.port: %d
        taskmanager.host: localhost
        taskmanager.bind-host: localhost
        taskmanager.numberOfTaskSlots: 2
        taskmanager.cpu.cores: 2
        taskmanager.memory.task.heap.size: 256m
        taskmanager.memory.task.off-heap.size: 256m
        taskmanager.memory.framework.heap.size: 128m
        taskmanager.memory.framework.off-heap.size: 128m
        taskmanager.memory.jvm-metaspace.size: 256m
        taskmanager.memory.jvm-overhead.min: 192m
        taskmanager.memory.jvm-overhead.max: 192m
        taskmanager.memory.managed.size: 32m
        taskmanager.memory.network.min: 32m
        taskmanager.memory.network.max: 32m
        jobmanager.memory.process.size: 1g
        cluster.registration.error-delay: 500 ms
        io.tmp.dirs: %s
        process.working-dir: %s
        classloader.parent-first-patterns.additional: ai.djl;org.tensorflow;org.bytedeco;ai.onnxruntime;com.sun.jna;org.apache.arrow;io.tidemill.model
        """
        .formatted(
            freePort(),
            port,
            Files.createDirectories(folder.resolve("tmp")),
            Files.createDirectories(folder.resolve("work")));
  }

  private Process start(Role role) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // The doors that Flink and Arrow need are the test's own.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens"))
        .forEach(command::add);
    // Tests end before the second compiler pays for itself.
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(role.memory());
    command.add("-Dlog4j.configurationFile=" + folder.resolve("conf/log4j2.properties"));
    // As Flink's scripts do, for whoever asks the process for its log.
    command.add("-Dlog.file=" + folder.resolve(role.log()));
    command.addAll(List.of("-cp", lib, role.main()));
    command.addAll(role.arguments());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve(role.log()).toFile()));
    builder
        .environment()
        .putAll(
            Map.of(
                "FLINK_CONF_DIR", folder.resolve("conf").toString(),
                "FLINK_PLUGINS_DIR", folder.resolve("plugins").toString(),
                "TIDEMILL_CACHE", folder.resolve("cache").toString()));
    return builder.start();
  }

  /**
   * Starts another of Flink's programs beside, with the same class path and configuration; {@link
   * #close} ends it.
   *
   * @param main its class
   * @param log the file in the folder of this cluster that it prints to
   */
  public Process startBeside(String main, List<String> arguments, String log) throws IOException {
    Process process =
        start(new Role(main, arguments, log, List.of("-Xmx512m", "-XX:+UseSerialGC")));
    beside.add(process);
    return process;
  }

  /** The JobManager's process as it is now. */
  public Process jobManager() {
    return processes.get(0);
  }

  /** The process of a TaskManager as it is now; the first has number 1. */
  public Process taskManager(int number) {
    return processes.get(number);
  }

  /** Starts every process anew that has ended, as whoever looks after a cluster does. */
  public void revive() throws IOException {
    for (int i = 0; i < processes.size(); i++) {
      if (!processes.get(i).isAlive()) {
        processes.set(i, start(roles.get(i)));
      }
    }
  }

  /** Where a browser would look at it. */
  public String address() {
    return "http://localhost:" + restPort;
  }

  /** What the TaskManager has written so far. */
  String taskManagerLog() throws IOException {
    return Files.readString(folder.resolve("taskmanager.log"));
  }

  /** How many lines of the TaskManager's log match. */
  public long logged(String regex) throws IOException {
    return Pattern.compile(regex).matcher(taskManagerLog()).results().count();
  }

  /** How many entries the folder of this name has of what Linux tells of the TaskManager. */
  public long taskManagerHas(String name) throws IOException {
    try (Stream<Path> entries = Files.list(Path.of("/proc", taskManager(), name))) {
      return entries.count();
    }
  }

  /** How much of the machine's memory the TaskManager has, in MiB. */
  public long taskManagerMemory() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc", taskManager(), "status"))) {
      String resident = lines.filter(line -> line.startsWith("VmRSS:")).findFirst().orElseThrow();
      return Long.parseLong(resident.replaceAll("\\D", "")) >> 10;
    }
  }

  /** Class loaders of jobs that the TaskManager still reaches. */
  public long userClassLoaders() throws IOException, InterruptedException {
    jcmd("GC.run");
    return jcmd("VM.classloader_stats")
        .lines()
        .filter(line -> line.contains("ChildFirstClassLoader"))
        .count();
  }

  private String taskManager() {
    return String.valueOf(processes.get(processes.size() - 1).pid());
  }

  private String jcmd(String command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                taskManager(),
                command)
            .redirectErrorStream(true)
            .start();
    String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("jcmd " + command + ": " + answer);
    }
    return answer;
  }

  /** Uploads a job's jar; answers its id. */
  public String upload(Path jar) throws IOException, InterruptedException {
    String boundary = "tidemill-boundary";
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    String head =
        "--%s\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\"%s\"\r\nContent-Type: application/x-java-archive\r\n\r\n"
            .formatted(boundary, jar.getFileName());
    write(body, head);
    Files.copy(jar, body);
    write(body, "\r\n--" + boundary + "--\r\n");
    JsonNode answer =
        send(
            "POST",
            "/jars/upload",
            BodyPublishers.ofByteArray(body.toByteArray()),
            "multipart/form-data; boundary=" + boundary);
    return Path.of(answer.at("/filename").asText()).getFileName().toString();
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Submits a job; answers its id. */
  public String run(String jar, Class<?> entry, String... arguments)
      throws IOException, InterruptedException {
    Map<String, Object> request =
        Map.of("entryClass", entry.getName(), "programArgsList", List.of(arguments));
    String json = new ObjectMapper().writeValueAsString(request);
    return send("POST", "/jars/" + jar + "/run", BodyPublishers.ofString(json), "application/json")
        .at("/jobid")
        .asText();
  }

  /** Cancels a job, with which its own cluster ends. */
  void startToCancel(String job) throws IOException, InterruptedException {
    send("PATCH", "/jobs/" + job + "?mode=cancel", BodyPublishers.noBody(), "application/json");
  }

  /** Cancels a job of a session, and waits for its end. */
  public void cancel(String job) throws Exception {
    startToCancel(job);
    await(() -> state(job).equals("CANCELED"));
  }

  public String state(String job) throws IOException, InterruptedException {
    return get("/jobs/" + job).at("/state").asText();
  }

  /** How often a job has failed. */
  public int failures(String job) throws IOException, InterruptedException {
    return get("/jobs/" + job + "/exceptions").at("/exceptionHistory/entries").size();
  }

  JsonNode get(String path) throws IOException, InterruptedException {
    return send("GET", path, BodyPublishers.noBody(), "application/json");
  }

  /**
   * The pipelines' classes, as they are submitted; and the model's beside them, as a user's jar has
   * them that was packaged with everything. Those of Flink's lib folder must win.
   */
  public static Path jobJar(Path file) throws Exception {
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream target = new JarOutputStream(out)) {
      addAll(ClusterJob.class, target);
      addAll(Model.class, target);
      addAll(StoredModel.class, target);
    }
    return file;
  }

  /** Adds every class and resource of the folder or jar that a class comes from. */
  private static void addAll(Class<?> from, JarOutputStream jar) throws Exception {
    Path source = location(from);
    if (Files.isDirectory(source)) {
      addTree(source, jar);
      return;
    }
    try (FileSystem content = FileSystems.newFileSystem(source)) {
      addTree(content.getPath("/"), jar);
    }
  }

  static Path location(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static void addTree(Path root, JarOutputStream jar) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = root.relativize(file).toString();
        if (name.startsWith("io/tidemill/") || name.startsWith("META-INF/services/io.tidemill")) {
          jar.putNextEntry(new ZipEntry(name));
          Files.copy(file, jar);
        }
      }
    }
  }

  private JsonNode send(String method, String path, BodyPublisher body, String type)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + restPort + path))
            .header("Content-Type", type)
            .timeout(PATIENCE)
            .method(method, body)
            .build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    // Its pages are there a little before what they ask.
    boolean notYet =
        response.statusCode() == 503
            || response.body().contains("Cannot connect to ResourceManager right now");
    if (response.statusCode() >= 300 && !notYet) {
      throw new AssertionError(path + ": " + response.statusCode() + " " + response.body());
    }
    return new ObjectMapper().readTree(response.body());
  }

  /** Waits until something is so. A process that ends meanwhile fails the test with its log. */
  public void await(Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!so(condition)) {
      boolean ended = processes.get(processes.size() - 1).waitFor(100, TimeUnit.MILLISECONDS);
      if (ended || System.nanoTime() > deadline) {
        throw new AssertionError(
            (ended ? "a process ended:\n" : "not so in time:\n")
                + Files.readString(folder.resolve("jobmanager.log"))
                + taskManagerLog());
      }
    }
  }

  private static boolean so(Callable<Boolean> condition) throws Exception {
    try {
      return condition.call();
    } catch (IOException notYetThere) {
      return false;
    }
  }

  /** The test's class path without the folders and jars of these names. */
  public static String classPathWithout(List<String> parts) {
    return String.join(
        File.pathSeparator,
        List.of(System.getProperty("java.class.path").split(File.pathSeparator)).stream()
            .filter(entry -> parts.stream().noneMatch(entry::contains))
            .toList());
  }

  @Override
  public void close() throws IOException {
    List<Process> all = new ArrayList<>(processes);
    all.addAll(beside);
    all.forEach(Process::destroyForcibly);
    all.forEach(process -> process.onExit().join());
  }
}
