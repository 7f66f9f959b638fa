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
import java.util.concurrent.TimeUnit;
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
      "usage: --device cpu|gpu --out DIR [--seconds N] [--python FILE --loops FILE] [--fact NAME=VALUE] [--left-out WHAT=WHY]";
  private static final int MOST_SECONDS = 3_600;

  private final Device device;
  private final Path out;
  private final int seconds;
  private final Map<String, String> facts;

  /** How much of it: everything on a GPU, next to nothing on the CPU. */
  private record Sizes(int width, List<Integer> batches, Duration turn) {
    // Small ones first: what is left of the time is divided among those that come after.
    static final Sizes OF_GPU =
        new Sizes(64, List.of(1_024, 256, 4_096, 16_384, 65_536), Duration.ofMillis(250));
    static final Sizes TINY = new Sizes(2, List.of(16), Duration.ofMillis(40));
  }

  private GpuRun(Device device, Path out, int seconds, Map<String, String> facts) {
    this.device = device;
    this.out = out;
    this.seconds = seconds;
    this.facts = facts;
  }

  public static void main(String[] arguments) throws Exception {
    CommandLine line = new CommandLine(USAGE, arguments);
    Device device = Device.CPU;
    Path out = Path.of("");
    int seconds = 200;
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
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    GpuReport report =
        new GpuRun(device, out, seconds, facts).report(python, Path.of(loops), leftOut);
    Files.writeString(out.resolve("gpu.json"), report.json() + System.lineSeparator());
    Files.writeString(out.resolve("gpu.txt"), report.table());
    System.out.print(report.table());
    // Engines leave threads behind, and Flink's hooks look for classes in what the others deleted.
    System.out.flush();
    Runtime.getRuntime().halt(report.isProved() ? 0 : 1);
  }

  private static void put(Map<String, String> map, String pair) {
    String[] parts = pair.split("=", 2);
    map.put(parts[0], parts[parts.length - 1]);
  }

  private GpuReport report(@Nullable String python, Path loops, Map<String, String> leftOut)
      throws Exception {
    long start = System.nanoTime();
    boolean gpu = device.kind() == Device.Kind.GPU;
    Sizes sizes = gpu ? Sizes.OF_GPU : Sizes.TINY;
    facts.put("device", device.toString());
    facts.put("java", System.getProperty("java.vm.version"));
    try (WorkFolder folder = WorkFolder.create();
        PythonLoops there = python == null ? null : loops(python, loops)) {
      if (there != null) {
        for (Map.Entry<String, JsonNode> fact : there.ask("facts").properties()) {
          facts.put(fact.getKey(), fact.getValue().asText());
        }
      }
      List<Workload> workloads = workloads(folder.path(), sizes);
      GpuReport report = new GpuReport(facts, figures(workloads, sizes));
      leftOut.forEach(report::skipped);
      if (!gpu) {
        report.skipped("GPU", "none here: tiny sizes on the CPU, which are no figures of anything");
      }
      List<GpuRound> rounds = new ArrayList<>();
      for (int batch : sizes.batches()) {
        workloads.forEach(one -> rounds.add(new GpuRound(one, batch, there, sizes.turn())));
      }
      progress(start, "proofs");
      new GpuProofs(folder.path(), device).all().forEach(report::proved);
      if (gpu) {
        JniUtils.emptyCudaCache();
      }
      for (int i = 0; i < rounds.size(); i++) {
        measure(rounds.get(i), rounds.size() - i, start, report);
      }
      return report;
    }
  }

  private void measure(GpuRound round, int left, long start, GpuReport report) {
    String name = "%s, batches of %d".formatted(round.workload().name(), round.batch());
    long now = System.nanoTime();
    long rest = start + TimeUnit.SECONDS.toNanos(seconds) - now;
    if (rest <= 0) {
      report.skipped(name, seconds + " s are over");
      return;
    }
    progress(start, name);
    try {
      round.measure(report, now + rest / left);
    } catch (Exception e) {
      report.skipped(name, String.valueOf(e.getMessage()));
    }
  }

  private static void progress(long start, String what) {
    System.err.printf("%4d s: %s%n", (System.nanoTime() - start) / 1_000_000_000, what);
  }

  private PythonLoops loops(String python, Path loops) throws IOException {
    return PythonLoops.start(
        python,
        loops,
        device.kind() == Device.Kind.GPU ? "cuda" : "cpu",
        out.resolve("python.log"));
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
