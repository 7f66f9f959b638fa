package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.pipelines.cli.ProcessCluster;
import io.tidemill.pipelines.cli.ZooKeeper;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;

/**
 * A job under load and all that it needs, each in a process of its own: broker, ZooKeeper, a
 * JobManager with high availability and two TaskManagers, which are started anew when they end.
 *
 * <p>For use by one thread, which has to {@link #look} while it waits.
 */
final class Site implements AutoCloseable {
  private static final String JOB = "scoring";
  private static final String SOURCE = "in";
  private static final int PARTITIONS = 4;
  private static final int TASK_MANAGERS = 2;

  private static final int PORTION = 10;
  private static final Duration PORTION_EVERY = Duration.ofMillis(20);

  /** Of so many records one lacks a column, and one is not whole. */
  private static final int BROKEN = 97;

  /** Flink's options of failures and state, which docker-compose.yml has too. */
  static final String CONFIGURATION =
      """
      high-availability.type: zookeeper
      high-availability.zookeeper.quorum: %1$s
      high-availability.zookeeper.client.session-timeout: 5 s
      high-availability.storageDir: %2$s/high-availability
      execution.checkpointing.dir: %2$s/checkpoints
      execution.checkpointing.savepoint-dir: %2$s/savepoints
      heartbeat.interval: 1 s
      heartbeat.timeout: 8 s
      taskmanager.load-balance.mode: SLOTS
      """;

  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final Path directory;
  private final Path state;
  private final ZooKeeper zooKeeper;
  private final BrokerProcess broker;
  private final ProcessCluster cluster;
  private final ScoringJobs jobs;
  private final Account account;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final AtomicInteger written = new AtomicInteger();
  private volatile boolean paused;
  private int commands;
  private int newest = -1;
  private long newestNanos;
  private long silenceNanos;

  /**
   * Starts everything, submits the job, and waits for its first prediction.
   *
   * @param state for checkpoints, savepoints and what a JobManager leaves to the next
   */
  @SuppressWarnings("FutureReturnValueIgnored") // It writes until the timer ends.
  Site(Path directory, Path state) throws Exception {
    this.directory = directory;
    this.state = state;
    zooKeeper = new ZooKeeper(directory.resolve("zookeeper"));
    broker = new BrokerProcess(Files.createDirectories(directory.resolve("broker")));
    broker.awaitAnswer();
    jobs = new ScoringJobs(directory, broker.bootstrapServers(), PARTITIONS, SOURCE);
    account = jobs.account();
    cluster =
        new ProcessCluster(
            directory,
            ProcessCluster.classPathWithout(List.of()),
            CONFIGURATION.formatted(zooKeeper.quorum(), state.toUri()),
            TASK_MANAGERS);
    jobs.write(
        JOB,
        SOURCE,
        "properties.group.id: " + JOB,
        "execution.checkpointing.interval: 1s, parallelism.default: " + TASK_MANAGERS);
    command("submit", directory.resolve(JOB + ".yaml").toString());
    write();
    timer.scheduleAtFixedRate(
        this::write, PORTION_EVERY.toMillis(), PORTION_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    settle();
  }

  private void write() {
    for (int i = 0; !paused && i < PORTION; i++) {
      int id = written.get();
      String sound = ScoringJobs.sound(id);
      jobs.send(
          SOURCE,
          id,
          switch (id % BROKEN) {
            case 0 -> ScoringJobs.withoutA(id);
            case 1 -> sound.substring(0, sound.length() - 1);
            default -> sound;
          });
      written.set(id + 1);
    }
  }

  /** Runs {@code tidemill} against the cluster, and looks meanwhile. */
  private void command(String... words) throws Exception {
    Path log = directory.resolve("command-" + commands++ + ".log");
    Process process = jobs.command(log, Map.of("TIDEMILL_REST", cluster.address()), words);
    while (process.isAlive()) {
      look();
    }
    assertThat(process.exitValue()).as(Files.readString(log)).isZero();
  }

  /** Starts what has ended, and counts what has become visible. */
  void look() throws IOException {
    broker.revive();
    cluster.revive();
    account.read();
    if (account.newest() > newest) {
      long now = System.nanoTime();
      silenceNanos = Math.max(silenceNanos, now - newestNanos);
      newestNanos = now;
      newest = account.newest();
    }
  }

  /** Looks for so long. */
  void look(Duration time) throws IOException {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      look();
    }
  }

  /** Waits until every record that is written by now is visible. */
  void settle() throws IOException {
    int end = written.get();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (account.missing(end) > 0) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "%d of %d are lost\n%s".formatted(account.missing(end), end, logs()));
      }
      look();
    }
  }

  /**
   * What became of all records that are written by now.
   *
   * @param silence the longest time without a new prediction since the last report
   */
  record Report(
      int records,
      int deadLetters,
      int lost,
      int doubled,
      List<String> wrong,
      int outOfOrder,
      Duration silence) {}

  /** Forgets how long there was no prediction. */
  void beginSilence() {
    newestNanos = System.nanoTime();
    silenceNanos = 0;
  }

  Report report() {
    int end = written.get();
    return new Report(
        end,
        account.buried(end),
        account.missing(end),
        account.doubled(end),
        List.copyOf(account.wrong()),
        account.outOfOrder(),
        Duration.ofNanos(silenceNanos));
  }

  /** Writes no more, and waits for the last record. */
  void end() throws Exception {
    paused = true;
    timer.shutdown();
    assertThat(timer.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    settle();
    command("jobs", "stop", JOB);
    account.readAll();
    // What was written is there once, or there would be nothing to compare with.
    assertThat(jobs.topics().appended(PARTITIONS, SOURCE)).isEqualTo(written.get());
  }

  /** How many dead letters there are to be. */
  int broken() {
    int end = written.get();
    return (end + BROKEN - 1) / BROKEN + (end + BROKEN - 2) / BROKEN;
  }

  Process anyTaskManager(Random random) {
    return cluster.taskManager(1 + random.nextInt(TASK_MANAGERS));
  }

  Process jobManager() {
    return cluster.jobManager();
  }

  Process broker() {
    return broker.process();
  }

  /** Ends a process at once. */
  static void kill(Process process) throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Lets a process stand still. */
  @SuppressWarnings("FutureReturnValueIgnored") // The time is over when it has run.
  void stop(Process process, Duration time) throws Exception {
    signal("STOP", process);
    timer.schedule(() -> signal("CONT", process), time.toMillis(), TimeUnit.MILLISECONDS);
    look(time);
  }

  /** Sends a signal; whether it was sent. */
  static boolean signal(String name, Process process) throws Exception {
    return run("kill", "-" + name, String.valueOf(process.pid()));
  }

  private static boolean run(String... words) throws IOException, InterruptedException {
    return new ProcessBuilder(words).inheritIO().start().waitFor() == 0;
  }

  /** Stops the job with a savepoint, and goes on from it with so many subtasks. */
  void rescale(int subtasks) throws Exception {
    command("jobs", "rescale", JOB, String.valueOf(subtasks), "--by-savepoint", "--health", "1s");
  }

  /** Takes away the topic of dead letters for some time, while records need it. */
  void withoutDeadLetters(Duration time) throws Exception {
    // What was in the topic is gone with it: it is counted before.
    paused = true;
    look(PORTION_EVERY.multipliedBy(2));
    settle();
    account.leaveDeadLetters();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      admin.deleteTopics(List.of(ScoringJobs.DEAD_LETTERS)).all().get();
    }
    paused = false;
    look(time);
    jobs.topics().create(PARTITIONS, ScoringJobs.DEAD_LETTERS);
    account.beginDeadLetters();
  }

  /** Takes away the model store, kills a TaskManager, and waits for a prediction without it. */
  void withoutStore(Process killed) throws Exception {
    Path store = Path.of(new Jobs(directory).store());
    Path away = Files.move(store, directory.resolve("store-away"));
    int before = written.get();
    kill(killed);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (account.newest() < before && System.nanoTime() < deadline) {
      look();
    }
    Files.move(away, store);
  }

  /** Leaves no room for checkpoints, for some time. */
  void withoutRoom(Duration time) throws Exception {
    Path filler = state.resolve("filler");
    byte[] zeros = new byte[1 << 16];
    try (OutputStream out = Files.newOutputStream(filler)) {
      while (true) {
        out.write(zeros);
      }
    } catch (IOException full) {
      look(time);
    }
    Files.delete(filler);
  }

  /** The last lines of what the processes have logged. */
  private String logs() throws IOException {
    List<String> lines = new ArrayList<>();
    for (String log :
        List.of("broker/broker.log", "jobmanager.log", "taskmanager.log", "taskmanager-2.log")) {
      List<String> all = Files.readAllLines(directory.resolve(log));
      lines.add("== " + log);
      lines.addAll(all.subList(Math.max(0, all.size() - 60), all.size()));
    }
    return String.join("\n", lines);
  }

  @Override
  public void close() throws IOException {
    timer.shutdownNow();
    cluster.close();
    account.close();
    // What it has not sent has nowhere to go when there is no broker.
    jobs.close();
    broker.close();
    zooKeeper.close();
  }
}
