package io.tidemill.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * All that a run of {@link GpuRun} found, as one JSON object and as one table: where, what was
 * measured, what was proved, and what was left out and why.
 *
 * <p>Not thread-safe.
 */
final class GpuReport {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, String> machine;
  private final Report report;
  private final Map<String, GpuVariant> variants = new LinkedHashMap<>();
  private final ObjectNode rounds = JSON.createObjectNode();
  private final Map<String, String> skipped = new LinkedHashMap<>();
  private final List<GpuProofs.Proof> proofs = new ArrayList<>();

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

  void add(Map<GpuVariant, Measurement> lap) {
    lap.keySet().forEach(variant -> variants.put(variant.name(), variant));
    report.add(lap);
  }

  void failed(GpuVariant variant, String why) {
    skipped(variant.name(), why);
  }

  void skipped(String what, String why) {
    skipped.put(what, why);
  }

  void round(GpuVariant any, int laps, Duration turn) {
    round(any).put("laps", laps).put("turnMillis", turn.toMillis());
  }

  /** What bringing the records to the GPU comes to through DJL. */
  void copied(GpuVariant any, double bytesPerSecond) {
    round(any).put("djlCopyBytesPerSecond", bytesPerSecond);
  }

  /**
   * What PyTorch says of the GPU.
   *
   * @param copies bytes per second of pageable and of pinned memory
   * @param profile nanoseconds of a call in kernels and in copies
   */
  void ofGpu(GpuVariant any, JsonNode copies, JsonNode profile) {
    ObjectNode round = round(any);
    for (JsonNode facts : List.of(copies, profile)) {
      round.setAll((ObjectNode) facts);
    }
  }

  private ObjectNode round(GpuVariant any) {
    return rounds.withObject("/" + any.model() + "-b" + any.batch());
  }

  void proved(GpuProofs.Proof proof) {
    proofs.add(proof);
  }

  boolean isProved() {
    return proofs.stream().allMatch(GpuProofs.Proof::holds);
  }

  String json() throws IOException {
    ObjectNode root = JSON.createObjectNode();
    root.set("machine", JSON.valueToTree(machine));
    root.setAll((ObjectNode) JSON.readTree(ReportJson.print(report)));
    root.set("rounds", rounds);
    ObjectNode busy = root.putObject("gpuBusy");
    report.rows().forEach(row -> putBusy(busy, row));
    ObjectNode held = root.putObject("proofs");
    for (GpuProofs.Proof proof : proofs) {
      held.putObject(proof.name()).put("holds", proof.holds()).put("says", proof.says());
    }
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

  String table() throws IOException {
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
    skipped.forEach((what, why) -> text.append("%-34s left out: %s%n".formatted(what, why)));
    return text.toString();
  }
}
