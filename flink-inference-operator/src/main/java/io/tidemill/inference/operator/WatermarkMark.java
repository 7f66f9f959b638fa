package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Mark;
import org.apache.flink.streaming.api.watermark.Watermark;

/** A watermark that waits for the records before it. */
record WatermarkMark(Watermark watermark) implements Mark {
  @Override
  public boolean supersedes(Mark earlier) {
    return earlier instanceof WatermarkMark;
  }
}
