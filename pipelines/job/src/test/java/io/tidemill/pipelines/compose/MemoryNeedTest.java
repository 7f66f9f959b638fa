package io.tidemill.pipelines.compose;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.operator.ProcessMemory;
import org.junit.jupiter.api.Test;

class MemoryNeedTest {
  private static final long MEBIBYTE = 1L << 20;

  /** A JVM takes a quarter of a machine of 2,000 MiB. */
  private static final ProcessMemory UNSAID = process(2_000, false);

  private static ProcessMemory process(long machine, boolean said) {
    return new ProcessMemory(500 * MEBIBYTE, 500 * MEBIBYTE, machine * MEBIBYTE, said);
  }

  private static MemoryNeed need(long steps, long heap, ProcessMemory process) {
    return new MemoryNeed(steps * MEBIBYTE, 64 * MEBIBYTE, heap * MEBIBYTE, process);
  }

  @Test
  void whatFitsNeedsNoOptions() {
    MemoryNeed fits = need(436, 500, UNSAID);

    assertThat(fits.options(() -> 0)).isEmpty();
    assertThat(fits.fits()).isTrue();
    assertThat(fits.fitsHeap()).isTrue();
  }

  @Test
  void aHeapThatTheMachineHasIsGivenWithAThirdForItsCollector() {
    MemoryNeed need = need(10, 900, UNSAID);

    assertThat(need.fitsHeap()).isFalse();
    assertThat(need.options(() -> 0)).containsExactly("-Xmx1200m");
  }

  @Test
  void aHeapThatIsLittleSmallerThanAnEstimateIsKept() {
    assertThat(need(10, 625, UNSAID).options(() -> 0)).isEmpty();
    assertThat(need(10, 630, UNSAID).options(() -> 0)).containsExactly("-Xmx840m");
  }

  @Test
  void directMemoryThatTheMachineHasIsGivenBesideTheHeapThatThereIs() {
    assertThat(need(500, 300, UNSAID).options(() -> 0))
        .containsExactly("-Xmx500m", "-XX:MaxDirectMemorySize=628m");
    // The JVM's own limit is that of the heap: 16 of 17 parts of 2,000 less 628 and 512.
    assertThat(need(500, 700, UNSAID).options(() -> 0)).containsExactly("-Xmx809m");
  }

  @Test
  void asMuchOfTheHeapIsGivenAsTheMachineHas() {
    // 16 of 17 parts of 2,000 less 138 of direct memory, 300 of models, and 512 of Java.
    assertThat(need(10, 5_000, UNSAID).options(() -> 300 * MEBIBYTE)).containsExactly("-Xmx988m");
    assertThat(need(10, 5_000, process(800, false)).options(() -> 300 * MEBIBYTE)).isEmpty();
  }

  @Test
  void aQuarterOfTheMachineIsNeverGivenToTheHeap() {
    assertThat(need(10, 20_000, process(16_000, false)).options(() -> 0))
        .containsExactly("-Xmx12000m");
  }

  @Test
  void theHeapMakesRoomForDirectMemoryAsFarAsItCan() {
    // 16 of 17 parts of 2,000 less 1,028 and 512.
    assertThat(need(900, 300, UNSAID).options(() -> 0))
        .containsExactly("-Xmx432m", "-XX:MaxDirectMemorySize=1028m");
    assertThat(need(900, 520, UNSAID).options(() -> 0)).hasSize(2);
    assertThat(need(900, 560, UNSAID).options(() -> 0)).isEmpty();
  }

  @Test
  void directMemoryThatTheMachineLacksIsNotGiven() {
    assertThat(need(1_300, 300, UNSAID).options(() -> 0)).isEmpty();
    assertThat(need(1_500, 300, UNSAID).options(() -> 0)).isEmpty();
  }

  @Test
  void whatAPersonHasSaidStays() {
    MemoryNeed need = need(500, 900, process(2_000, true));

    assertThat(need.options(() -> 0)).isEmpty();
    assertThat(need.warning())
        .isEqualTo(
            "heap: about 900 MiB for full batches, Flink and files, of 500 MiB that this process has: it ends if its records take so much (expected: room for them, as with TIDEMILL_JAVA_OPTS=-Xmx900m on a machine that has it; or a smaller max-size or max-in-flight)");
  }

  @Test
  void jobsAtOnceTakeTheirMemoryEach() {
    assertThat(need(10, 300, UNSAID).times(3))
        .isEqualTo(new MemoryNeed(30 * MEBIBYTE, 192 * MEBIBYTE, 900 * MEBIBYTE, UNSAID));
  }
}
