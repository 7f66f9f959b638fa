package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Mark;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;

/**
 * An input that fell idle or woke up. It keeps its place among the watermarks: an idle status that
 * overtook one would make the next operator ignore it.
 */
record StatusMark(WatermarkStatus status) implements Mark {
  @Override
  public boolean supersedes(Mark earlier) {
    return earlier instanceof StatusMark;
  }
}
