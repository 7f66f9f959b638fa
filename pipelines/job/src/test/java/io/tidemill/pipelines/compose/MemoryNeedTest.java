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
  void aHeapThatTheMachineHasIsGiven() {
    MemoryNeed need = need(10, 900, UNSAID);

    assertThat(need.fitsHeap()).isFalse();
    assertThat(need.options(() -> 300 * MEBIBYTE)).containsExactly("-Xmx900m");
  }

  @Test
  void directMemoryThatTheMachineHasIsGivenBesideTheHeapThatThereIs() {
    assertThat(need(500, 300, UNSAID).options(() -> 0))
        .containsExactly("-Xmx500m", "-XX:MaxDirectMemorySize=628m");
    // The JVM's own limit is that of the heap.
    assertThat(need(500, 700, UNSAID).options(() -> 0)).containsExactly("-Xmx700m");
  }

  @Test
  void asMuchOfTheHeapIsGivenAsTheMachineHas() {
    // 2,000 less 138 of direct memory, 300 of models, and 256 of Java.
    assertThat(need(10, 5_000, UNSAID).options(() -> 300 * MEBIBYTE)).containsExactly("-Xmx1306m");
    assertThat(need(10, 5_000, process(800, false)).options(() -> 300 * MEBIBYTE)).isEmpty();
  }

  @Test
  void directMemoryThatTheMachineLacksIsNotGiven() {
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
