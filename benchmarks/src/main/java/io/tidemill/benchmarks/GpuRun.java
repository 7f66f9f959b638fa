package io.tidemill.benchmarks;

import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import io.tidemill.model.Device;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.pytorch.TorchScripts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Measures and proves what there is to know of Tidemill on one GPU, or does the same on tiny sizes
 * on the CPU, so that it works on the day when there is a GPU. Called by {@code benchmarks/gpu}.
 *
 * <p>Progress goes to standard error, the table to standard output and, as {@code gpu.json} and
 * {@code gpu.txt}, into a folder. Exit code 1 says that something does not hold.
 */
public final class GpuRun {
  private static final String USAGE =
      "usage: --device cpu|gpu --out DIR --seconds N [--python FILE --loops FILE] [--fact NAME=VALUE] [--left-out WHAT=WHY]";
  private static final int MOST_SECONDS = 3_600;

  /** The longest that one proof or round may take. */
  private static final Duration PART = Duration.ofSeconds(90);

  /** What a part may take to end that has had its time, and the whole after it. */
  private static final Duration END = Duration.ofSeconds(10);

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Device device;
  private final Path out;
  private final Map<String, String> facts;
  private final long start = System.nanoTime();
  private final long end;
  private final ExecutorService threads = Executors.newCachedThreadPool(GpuRun::daemon);
  private @Nullable String stuck;

  /** How much of it: everything on a GPU, next to nothing on the CPU. */
  private record Sizes(int width, List<Integer> batches, Duration turn, int laps) {
    // Small ones first: what is left of the time is divided among those that come after.
    static final Sizes OF_GPU =
        new Sizes(64, List.of(1_024, 256, 4_096, 16_384, 65_536), Duration.ofMillis(250), 5);
    static final Sizes TINY = new Sizes(2, List.of(16), Duration.ofMillis(40), 1);
  }

  /** A proof or a round. */
  private interface Part {
    void run() throws Exception;
  }

  private GpuRun(Device device, Path out, Duration longest, Map<String, String> facts) {
    this.device = device;
    this.out = out;
    this.facts = facts;
    end = start + longest.minus(END).toNanos();
  }

  public static void main(String[] arguments) throws Exception {
    CommandLine line = new CommandLine(USAGE, arguments);
    Device device = Device.CPU;
    Path out = Path.of("");
    int seconds = 0;
    String python = null;
    String loops = "";
    Map<String, String> facts = new LinkedHashMap<>();
    Map<String, String> leftOut = new LinkedHashMap<>();
    try {
      while (line.hasNext()) {
        switch (line.next()) {
          case "--device" -> device = Device.parse(line.value());
          case "--out" -> out = Path.of(line.value());
          case "--seconds" -> seconds = line.positive(MOST_SECONDS);
          case "--python" -> python = line.value();
          case "--loops" -> loops = line.value();
          case "--fact" -> put(facts, line.value());
          case "--left-out" -> put(leftOut, line.value());
          default -> throw line.unknown();
        }
      }
      if (seconds == 0) {
        throw new UsageException("--seconds: not said (expected: how many); " + USAGE);
      }
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(GpuRun::endChildren));
    GpuReport report =
        new GpuRun(device, out, Duration.ofSeconds(seconds), facts)
            .report(python, Path.of(loops), leftOut);
    System.out.print(report.table());
    // Engines leave threads behind, and Flink's hooks look for classes in what the others deleted.
    System.out.flush();
    endChildren();
    Runtime.getRuntime().halt(report.holds() ? 0 : 1);
  }

  private static void endChildren() {
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
  }

  private static void put(Map<String, String> map, String pair) {
    String[] parts = pair.split("=", 2);
    map.put(parts[0], parts[parts.length - 1]);
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "part");
    thread.setDaemon(true);
    return thread;
  }

  private GpuReport report(@Nullable String python, Path loops, Map<String, String> leftOut)
      throws Exception {
    boolean gpu = device.kind() == Device.Kind.GPU;
    Sizes sizes = gpu ? Sizes.OF_GPU : Sizes.TINY;
    facts.put("device", device.toString());
    facts.put("java", System.getProperty("java.vm.version"));
    // Deleted with the folder that all of this was unpacked to: a part that is stuck may write yet.
    Path folder = Files.createTempDirectory("tidemill-benchmarks");
    try (PythonLoops there = python == null ? null : loops(python, loops)) {
      Optional<String> mute = there == null ? Optional.empty() : factsOf(there);
      List<Workload> workloads = workloads(folder, sizes);
      GpuReport report = new GpuReport(facts, figures(workloads, sizes));
      leftOut.forEach(report::skipped);
      if (!gpu) {
        report.skipped("GPU", "none here: tiny sizes on the CPU, which are no figures of anything");
      }
      mute.ifPresent(why -> report.skipped("python", why));
      GpuProofs proofs = new GpuProofs(folder, device);
      for (String name : GpuProofs.NAMES) {
        part(report, name, () -> report.proved(proofs.prove(name)));
      }
      List<GpuRound> rounds = new ArrayList<>();
      for (int batch : sizes.batches()) {
        for (Workload one : workloads) {
          rounds.add(
              new GpuRound(
                  one, batch, mute.isPresent() ? null : there, sizes.turn(), sizes.laps()));
        }
      }
      for (int i = 0; i < rounds.size(); i++) {
        GpuRound round = rounds.get(i);
        long now = System.nanoTime();
        long last = Math.min(now + PART.toNanos(), end);
        long share = now + (end - now) / (rounds.size() - i);
        part(report, round.name(), () -> round.measure(report, Math.min(share, last), last));
      }
      report.finished();
      report.write(out);
      return report;
    }
  }

  /**
   * Runs a part in its time, and writes down what there is then. One that does not end when it is
   * told to would disturb whatever came after it, so nothing does.
   */
  private void part(GpuReport report, String name, Part part) throws Exception {
    long left = Math.min(PART.toNanos(), end - System.nanoTime());
    if (stuck != null || left <= 0) {
      report.skipped(name, stuck == null ? "no time was left" : stuck + " did not end");
      return;
    }
    System.err.printf("%4d s: %s%n", (System.nanoTime() - start) / 1_000_000_000, name);
    CountDownLatch ended = new CountDownLatch(1);
    Future<?> running = threads.submit(() -> run(part, ended));
    try {
      running.get(left, TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      Throwable failure = e.getCause();
      report.failed(name, String.valueOf(failure == null ? e : failure.getMessage()));
    } catch (TimeoutException e) {
      report.failed(name, "not done within %d s".formatted(TimeUnit.NANOSECONDS.toSeconds(left)));
      running.cancel(true);
      if (!ended.await(END.toSeconds(), TimeUnit.SECONDS)) {
        stuck = name;
      }
    }
    report.write(out);
  }

  private @Nullable Object run(Part part, CountDownLatch ended) throws Exception {
    try {
      part.run();
      if (device.kind() == Device.Kind.GPU) {
        // The other processes of the next part may need what this one keeps for later.
        JniUtils.emptyCudaCache();
      }
      return null;
    } finally {
      ended.countDown();
    }
  }

  /** Puts what Python says of itself among the facts; why it says nothing, otherwise. */
  private Optional<String> factsOf(PythonLoops python) {
    try {
      for (Map.Entry<String, JsonNode> fact : python.ask("facts").properties()) {
        facts.put(fact.getKey(), fact.getValue().asText());
      }
      return Optional.empty();
    } catch (IOException | IllegalStateException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private PythonLoops loops(String python, Path loops) {
    return new PythonLoops(
        python,
        loops,
        device.kind() == Device.Kind.GPU ? "cuda" : "cpu",
        out.resolve("python.log"),
        PATIENCE);
  }

  private List<Workload> workloads(Path folder, Sizes sizes) {
    Path cnn = folder.resolve("cnn");
    Path mlp = folder.resolve("mlp");
    Signature ofCnn = TorchScripts.residual(cnn, sizes.width());
    Signature ofMlp = TorchScripts.mlp(mlp, EngineWorkload.FEATURES);
    return List.of(
        Workload.torch("cnn", cnn, ofCnn, device), Workload.torch("mlp", mlp, ofMlp, device));
  }

  /** What the job comes to beside the raw loops, by batches in flight and size. */
  private static List<Figure> figures(List<Workload> workloads, Sizes sizes) {
    List<Figure> figures = new ArrayList<>();
    for (Workload workload : workloads) {
      for (Map.Entry<String, String> raw :
          Map.of("OperatorRatioToDjl", GpuVariant.DJL, "OperatorRatioToPython", GpuVariant.PYTHON)
              .entrySet()) {
        List<Figure.Case> cases = new ArrayList<>();
        for (int batch : sizes.batches()) {
          for (int inFlight : GpuRound.IN_FLIGHT) {
            GpuVariant job = new GpuVariant(workload.name(), batch, GpuVariant.operator(inFlight));
            cases.add(Figure.Case.of(batch + "-" + inFlight, job, job.to(raw.getValue())));
          }
        }
        figures.add(new Figure(workload.name() + raw.getKey(), Quantity.RECORDS_PER_SECOND, cases));
      }
    }
    return figures;
  }
}
