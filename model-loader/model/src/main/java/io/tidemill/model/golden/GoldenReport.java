package io.tidemill.model.golden;

import org.jspecify.annotations.Nullable;

/**
 * How a model's answers compare with the expected ones.
 *
 * @param rows how many were scored
 * @param wrongRows how many have an element outside the tolerance
 * @param largestDifference between two floats, in or out of tolerance; 0 if there are none
 * @param worst the element that is furthest outside; null if every one is inside
 */
public record GoldenReport(
    int rows, int wrongRows, double largestDifference, @Nullable Difference worst) {

  /**
   * One element that is not as expected.
   *
   * @param tensor the output's name
   * @param row in the whole file, from 0
   * @param element in its row, from 0
   * @param expected as the file has it
   * @param got as the model answered
   */
  public record Difference(String tensor, int row, int element, String expected, String got) {}

  /** Whether every element is as expected. */
  public boolean matches() {
    return worst == null;
  }

  /** {@code 2 of 16 rows differ, most in row 7: output 'score'[0] is 0.5 (expected: 0.25)}. */
  @Override
  public String toString() {
    Difference most = worst;
    return most == null
        ? "%d rows as expected, largest difference %s".formatted(rows, largestDifference)
        : "%d of %d rows differ, most in row %d: output '%s'[%d] is %s (expected: %s)"
            .formatted(
                wrongRows,
                rows,
                most.row(),
                most.tensor(),
                most.element(),
                most.got(),
                most.expected());
  }
}
