package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultSearchTest {
  private static final int SIZE = 256;

  /** Batches of which some records are at fault, and all calls that were made for them. */
  private static final class Stream implements FaultSearch.Trials {
    private final FaultSearch search = new FaultSearch(SIZE);
    private final boolean[] atFault = new boolean[SIZE];
    private final boolean[] settled = new boolean[SIZE];
    private int calls;

    void batch() {
      Arrays.fill(settled, false);
      boolean inGroups = search.expectsFaults(SIZE);
      RuntimeException failure = inGroups ? null : attempt(0, SIZE);
      if (!inGroups && failure == null) {
        search.passed(SIZE);
      } else {
        search.run(SIZE, failure, this);
      }
      for (int row = 0; row < SIZE; row++) {
        assertThat(settled[row]).as("record %d has its outcome", row).isTrue();
      }
    }

    @Override
    public @Nullable RuntimeException attempt(int from, int to) {
      calls++;
      for (int row = from; row < to; row++) {
        if (atFault[row] && !settled[row]) {
          return new ModelCallException("bad record");
        }
      }
      Arrays.fill(settled, from, to, true);
      return null;
    }

    @Override
    public boolean isolated(int row, RuntimeException failure) {
      assertThat(atFault[row]).as("record %d is at fault", row).isTrue();
      calls += 2; // The proof of health, and the record once more.
      settled[row] = true;
      return true;
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0.004", "0.001, 0.02", "0.01, 0.12", "0.1, 0.75"})
  void takesFewCallsForManyRecordsAtFault(double probability, double callsPerRecord) {
    Random random = new Random(7);
    Stream stream = new Stream();
    int batches = 400;
    for (int batch = 0; batch < batches; batch++) {
      for (int row = 0; row < SIZE; row++) {
        stream.atFault[row] = random.nextDouble() < probability;
      }
      stream.batch();
    }

    assertThat((double) stream.calls / (batches * SIZE)).isLessThanOrEqualTo(callsPerRecord);
  }

  @Test
  void memoryThatIsShortForAMomentTeachesNoSize() {
    RuntimeException failure = new ModelOutOfMemoryException("for a moment");
    FaultSearch.Trials trials =
        new FaultSearch.Trials() {
          @Override
          public @Nullable RuntimeException attempt(int from, int to) {
            return from == 0 ? failure : null;
          }

          @Override
          public boolean isolated(int row, RuntimeException problem) {
            return false;
          }
        };
    FaultSearch search = new FaultSearch(SIZE);

    search.run(4, failure, trials);

    assertThat(search.sizeThatFits()).isZero();
  }

  @Test
  void forgetsByAndBy() {
    Stream stream = new Stream();
    Arrays.fill(stream.atFault, true);
    stream.batch();
    assertThat(stream.search.expectsFaults(SIZE)).isTrue();

    Arrays.fill(stream.atFault, false);
    for (int batch = 0; batch < 30; batch++) {
      stream.batch();
    }
    int before = stream.calls;
    stream.batch();

    assertThat(stream.calls - before).isOne();
  }

  @Test
  void oneRecordAtFaultMakesTheNextBatchNoMoreCalls() {
    Stream stream = new Stream();
    for (int batch = 0; batch < 4; batch++) {
      stream.batch();
    }
    stream.atFault[100] = true;
    stream.batch();
    stream.atFault[100] = false;
    int before = stream.calls;
    stream.batch();

    assertThat(stream.calls - before).isOne();
  }
}
