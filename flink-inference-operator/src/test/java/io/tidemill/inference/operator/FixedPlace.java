package io.tidemill.inference.operator;

import java.io.Serializable;

/** Calls that are made where the test says: by the workers, at first. */
final class FixedPlace implements CallPlace, Serializable {
  private static final long serialVersionUID = 1L;

  private boolean here;
  private int batches;

  void here(boolean nowHere) {
    here = nowHere;
  }

  @Override
  public boolean isHere(int records) {
    return here;
  }

  @Override
  public void scored(int records, long callNanos, long nowNanos) {
    batches++;
  }

  /** Batches that it was told of. */
  int batches() {
    return batches;
  }
}
