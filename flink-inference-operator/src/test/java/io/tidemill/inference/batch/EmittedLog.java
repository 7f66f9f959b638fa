package io.tidemill.inference.batch;

import java.util.ArrayList;
import java.util.List;

/**
 * Writes down what leaves, in order: records, marks as {@code |time}, batches as {@code left 1}.
 */
final class EmittedLog implements InFlight.Emitter<String, String> {
  private final List<String> lines = new ArrayList<>();

  @Override
  public void emit(Batch<String, String> batch, int from, int to) {
    for (int row = from; row < to; row++) {
      lines.add(batch.record(row));
    }
  }

  @Override
  public void emit(Mark mark) {
    lines.add(mark.toString());
  }

  @Override
  public void left(Batch<String, String> batch) {
    lines.add("left " + batch.number());
  }

  /** What has left since the last call. */
  List<String> take() {
    List<String> taken = List.copyOf(lines);
    lines.clear();
    return taken;
  }
}
