package io.tidemill.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpuReportTest {
  private static final GpuVariant DJL = new GpuVariant("cnn", 256, GpuVariant.DJL);

  @TempDir private Path folder;

  private final GpuReport report = new GpuReport(Map.of("gpu", "one"), List.of());

  @Test
  void holdsOnceItIsFinishedAndSomethingWasMeasured() throws IOException {
    measured();
    assertThat(report.holds()).isFalse();
    assertThat(report.table()).endsWith("NOT FINISHED\n");

    report.finished();

    assertThat(report.holds()).isTrue();
    assertThat(report.table()).doesNotContain("NOT ");
  }

  @Test
  void nothingMeasuredDoesNotHold() throws IOException {
    report.finished();

    assertThat(report.holds()).isFalse();
    assertThat(report.table()).endsWith("NOTHING WAS MEASURED\n");
  }

  @Test
  void whatFailedDoesNotHoldAndSaysSo() throws IOException {
    measured();
    report.failed("cnn-b256-model", "ANSWERS DIFFER, number 3 of 256 rows");
    report.finished();

    assertThat(report.holds()).isFalse();
    assertThat(report.table()).contains("FAILED: ANSWERS DIFFER, number 3 of 256 rows");
    assertThat(json().at("/failed/cnn-b256-model").asText()).startsWith("ANSWERS DIFFER");
  }

  @Test
  void whatOnlyLacksMemoryIsLeftOut() throws IOException {
    measured();
    report.failed("cnn-b65536", "CUDA out of memory. Tried to allocate 16 GiB");
    report.finished();

    assertThat(report.holds()).isTrue();
    assertThat(report.table()).contains("left out: CUDA out of memory.");
  }

  @Test
  void aProofThatDoesNotHoldIsTold() throws IOException {
    measured();
    report.proved(new GpuProofs.Proof("outOfMemory", false, "not one"));
    report.finished();

    assertThat(report.holds()).isFalse();
    assertThat(report.table()).contains("DOES NOT HOLD: not one");
  }

  @Test
  void theGpuIsBusyAsAProfilerSaysAndElseNotAtAll() throws IOException {
    measured();
    assertThat(json().get("gpuBusy")).isEmpty();
    assertThat(report.table()).doesNotContain("busy");

    ObjectNode profile = new ObjectMapper().createObjectNode().put("kernelNanos", 128_000_000);
    report.ofGpu(DJL, profile);

    // 256 records in half a second, in which kernels ran for 0.128 seconds.
    assertThat(json().at("/gpuBusy/cnn-b256-djl").asDouble()).isEqualTo(0.256);
  }

  private void measured() {
    report.add(Map.of(DJL, Measurement.ofRecords(256, 500_000_000, 1, 1)));
  }

  private JsonNode json() throws IOException {
    report.write(folder);
    assertThat(folder).isDirectoryNotContaining("glob:**.new");
    return new ObjectMapper().readTree(folder.resolve("gpu.json").toFile());
  }
}
