package io.tidemill.model.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeptFramesTest {
  private final List<Integer> closed = new ArrayList<>();

  private record Frame(int number, List<Integer> closed) implements AutoCloseable {
    @Override
    public void close() {
      closed.add(number);
    }
  }

  @Test
  void givesTheFrameOfAnAddressToOneCallAtATime() {
    try (KeptFrames<Frame> frames = new KeptFrames<>()) {
      Frame frame = new Frame(1, closed);
      frames.keep(64, frame);

      assertThat(frames.take(128)).isNull();
      assertThat(frames.take(64)).isSameAs(frame);
      assertThat(frames.take(64)).isNull();
    }
  }

  @Test
  void closesTheFrameThatAnotherOneReplaces() {
    try (KeptFrames<Frame> frames = new KeptFrames<>()) {
      frames.keep(64, new Frame(1, closed));
      frames.keep(64, new Frame(2, closed));

      assertThat(closed).containsExactly(1);
    }
    assertThat(closed).containsExactly(1, 2);
  }

  @Test
  void keepsNoMoreFramesHoweverManyAddressesThereAre() {
    int made = 0;
    try (KeptFrames<Frame> frames = new KeptFrames<>()) {
      for (long address = 64; address < 64_000; address += 64) {
        Frame frame = frames.take(address);
        frames.keep(address, frame == null ? new Frame(++made, closed) : frame);
      }

      assertThat(made).isEqualTo(32);
    }
    assertThat(closed).hasSize(32);
  }
}
