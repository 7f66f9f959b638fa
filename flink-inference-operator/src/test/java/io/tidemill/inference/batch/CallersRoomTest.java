package io.tidemill.inference.batch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CallersRoomTest {
  private final CallersRoom room = new CallersRoom();

  @Test
  void isNotFullBeforeADeadlineHasShownIt() {
    room.waiting(4);

    assertThat(room.isFull(4)).isFalse();
  }

  @Test
  void isFullWithAsManyAsAtADeadlineIfMoreNeverWaited() {
    room.waiting(4);
    room.waitedFor(4);

    assertThat(room.isFull(4)).isTrue();
    assertThat(room.isFull(3)).isFalse();
  }

  @Test
  void isNotWhatADeadlineShowsWhenMoreHaveWaitedBefore() {
    room.waiting(4);
    room.waitedFor(3);

    assertThat(room.isFull(3)).isFalse();
  }

  @Test
  void isLargerThanThoughtOnceOneMoreWaits() {
    room.waiting(4);
    room.waitedFor(4);
    room.waiting(5);

    assertThat(room.isFull(4)).isFalse();
    assertThat(room.isFull(5)).isFalse();
  }

  @Test
  void staysAsLargeWhenFewerWaitOnce() {
    room.waiting(10);
    room.waitedFor(10);
    room.waiting(9);
    room.waitedFor(9);
    room.waiting(10);
    room.waiting(9);
    room.waitedFor(9);

    assertThat(room.isFull(9)).isFalse();
    assertThat(room.isFull(10)).isTrue();
  }

  @Test
  void isSmallerOnceAsFewWaitAtTwoDeadlines() {
    room.waiting(10);
    room.waitedFor(10);
    room.waiting(5);
    room.waitedFor(5);
    room.waiting(5);
    room.waitedFor(5);

    assertThat(room.isFull(5)).isTrue();
    assertThat(room.isFull(4)).isFalse();
  }
}
