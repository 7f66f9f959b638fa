package io.tidemill.benchmarks;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * All that a run of {@link GpuRun} found so far, as one JSON object and as one table: where, what
 * was measured, what was proved, what failed, and what was left out and why.
 *
 * <p>Thread-safe: a part that took too long may still add to it.
 */
final class GpuReport {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern NO_MEMORY =
      Pattern.compile("out of memory", Pattern.CASE_INSENSITIVE);

  private final Map<String, String> machine;
  private final Report report;
  private final Map<String, GpuVariant> variants = new LinkedHashMap<>();
  private final ObjectNode rounds = JSON.createObjectNode();
  private final Map<String, String> failed = new LinkedHashMap<>();
  private final Map<String, String> skipped = new LinkedHashMap<>();
  private final List<GpuProofs.Proof> proofs = new ArrayList<>();
  private boolean finished;

  /**
   * A report of nothing yet.
   *
   * @param machine what it was measured on and with
   * @param figures of the variants
   */
  GpuReport(Map<String, String> machine, List<Figure> figures) {
    this.machine = new LinkedHashMap<>(machine);
    this.report = new Report(Map.of(), figures);
  }

  synchronized void add(Map<GpuVariant, Measurement> lap) {
    lap.keySet().forEach(variant -> variants.put(variant.name(), variant));
    report.add(lap);
  }

  /** What was to be measured and cannot be believed or had; left out if only memory lacks. */
  synchronized void failed(String what, String why) {
    (NO_MEMORY.matcher(why).find() ? skipped : failed).put(what, why);
  }

  /** What was not asked for here, or for which there was no time. */
  synchronized void skipped(String what, String why) {
    skipped.put(what, why);
  }

  synchronized void round(GpuVariant any, int laps, Duration turn) {
    round(any).put("laps", laps).put("turnMillis", turn.toMillis());
  }

  /** What bringing the records to the GPU comes to through DJL. */
  synchronized void copied(GpuVariant any, double bytesPerSecond) {
    round(any).put("djlCopyBytesPerSecond", bytesPerSecond);
  }

  /** What PyTorch says of the GPU: of copies in bytes per second, of a call in nanoseconds. */
  synchronized void ofGpu(GpuVariant any, JsonNode facts) {
    round(any).setAll((ObjectNode) facts);
  }

  private ObjectNode round(GpuVariant any) {
    return rounds.withObject("/" + any.round());
  }

  synchronized void proved(GpuProofs.Proof proof) {
    proofs.add(proof);
  }

  /** There is nothing more to come. */
  synchronized void finished() {
    finished = true;
  }

  /** Whether all was proved, something was measured, and nothing failed. */
  synchronized boolean holds() {
    return finished
        && !variants.isEmpty()
        && failed.isEmpty()
        && proofs.stream().allMatch(GpuProofs.Proof::holds);
  }

  /** Puts {@code gpu.json} and {@code gpu.txt} into a folder, whole or not at all. */
  synchronized void write(Path folder) throws IOException {
    replace(folder.resolve("gpu.json"), json() + System.lineSeparator());
    replace(folder.resolve("gpu.txt"), table());
  }

  private static void replace(Path file, String text) throws IOException {
    Path fresh = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), text);
    Files.move(fresh, file, ATOMIC_MOVE, REPLACE_EXISTING);
  }

  synchronized String json() throws IOException {
    ObjectNode root = JSON.createObjectNode();
    root.put("finished", finished);
    root.put("holds", holds());
    root.set("machine", JSON.valueToTree(machine));
    root.setAll((ObjectNode) JSON.readTree(ReportJson.print(report)));
    root.set("rounds", rounds);
    ObjectNode busy = root.putObject("gpuBusy");
    report.rows().forEach(row -> putBusy(busy, row));
    ObjectNode held = root.putObject("proofs");
    for (GpuProofs.Proof proof : proofs) {
      held.putObject(proof.name()).put("holds", proof.holds()).put("says", proof.says());
    }
    root.set("failed", JSON.valueToTree(failed));
    root.set("skipped", JSON.valueToTree(skipped));
    return root.toPrettyString();
  }

  /** The share of the time in which a kernel ran: those of a batch, times batches per second. */
  private void putBusy(ObjectNode busy, Report.Row row) {
    GpuVariant variant = variants.get(row.name());
    Spread rate = row.values().get(Quantity.RECORDS_PER_SECOND);
    if (variant != null && rate != null && round(variant).has("kernelNanos")) {
      double kernelSeconds = round(variant).get("kernelNanos").asDouble() / 1e9;
      busy.put(row.name(), kernelSeconds * rate.median() / variant.batch());
    }
  }

  synchronized String table() throws IOException {
    StringBuilder text = new StringBuilder();
    machine.forEach((name, value) -> text.append("%-10s %s%n".formatted(name, value)));
    text.append("%n%s%n".formatted(ReportTable.print(report)));
    for (Map.Entry<String, JsonNode> one : JSON.readTree(json()).get("gpuBusy").properties()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-34s GPU busy %5.1f %%%n",
              one.getKey(),
              one.getValue().asDouble() * 100));
    }
    for (Map.Entry<String, JsonNode> one : rounds.properties()) {
      text.append("%-34s %s%n".formatted(one.getKey(), one.getValue()));
    }
    text.append("%n".formatted());
    for (GpuProofs.Proof proof : proofs) {
      text.append(
          "%-34s %s: %s%n"
              .formatted(proof.name(), proof.holds() ? "holds" : "DOES NOT HOLD", proof.says()));
    }
    failed.forEach((what, why) -> text.append("%-34s FAILED: %s%n".formatted(what, why)));
    skipped.forEach((what, why) -> text.append("%-34s left out: %s%n".formatted(what, why)));
    if (variants.isEmpty()) {
      text.append("NOTHING WAS MEASURED%n".formatted());
    }
    if (!finished) {
      text.append("NOT FINISHED%n".formatted());
    }
    return text.toString();
  }
}
