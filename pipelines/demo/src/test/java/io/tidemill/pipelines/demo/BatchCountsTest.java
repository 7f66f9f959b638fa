package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class BatchCountsTest {
  @Test
  void fillIsMeanSizeOverMaxSize() {
    assertThat(new BatchCounts(3_000, 10, Map.of("size", 10L)).fill(400)).isEqualTo(0.75);
  }

  @Test
  void noBatchHasNoFill() {
    assertThat(new BatchCounts(0, 0, Map.of()).fill(400)).isNaN();
  }
}
