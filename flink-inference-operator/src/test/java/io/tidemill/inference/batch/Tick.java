package io.tidemill.inference.batch;

/** A mark with a time; a later one supersedes an earlier one, as watermarks do. */
record Tick(long time) implements Mark {
  @Override
  public boolean supersedes(Mark earlier) {
    return earlier instanceof Tick tick && tick.time <= time;
  }

  @Override
  public String toString() {
    return "|" + time;
  }
}
