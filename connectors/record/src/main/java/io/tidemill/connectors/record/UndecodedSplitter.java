package io.tidemill.connectors.record;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Sends what did not decode to a side output, and everything else on; corrupt files among it are
 * counted as the steps count dead letters. Task thread only.
 *
 * <p>It stands behind the source because a decoder inside a source has no second output.
 *
 * @param <E> a record, or many
 */
final class UndecodedSplitter<E> extends ProcessFunction<E, E> {
  private static final long serialVersionUID = 1L;

  static final OutputTag<RowData> DEAD_LETTERS =
      new OutputTag<>("undecoded", DeadLetterRecord.typeInformation());

  private final SourceStreams.LetterOf<E> letters;
  private transient @Nullable Counter corruptFiles;

  /** A splitter of what {@code letters} tells to be no record. */
  UndecodedSplitter(SourceStreams.LetterOf<E> letters) {
    this.letters = letters;
  }

  @Override
  public void open(OpenContext context) {
    corruptFiles =
        getRuntimeContext()
            .getMetricGroup()
            .addGroup("tidemill")
            .addGroup("cause", DeadLetterRecord.CORRUPT_FILE.replace('-', '_'))
            .counter("deadLetters");
  }

  @Override
  public void processElement(E element, Context context, Collector<E> out) {
    DeadLetterRecord letter = letters.of(element);
    if (letter == null) {
      out.collect(element);
      return;
    }
    Counter counter = corruptFiles;
    if (counter != null && letter.isOfCorruptFile()) {
      counter.inc();
    }
    context.output(DEAD_LETTERS, letter.toRow());
  }
}
