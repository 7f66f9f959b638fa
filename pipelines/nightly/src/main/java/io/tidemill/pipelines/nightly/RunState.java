package io.tidemill.pipelines.nightly;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How far a run for a date has come. */
public enum RunState {
  /** Its job reads and scores; nothing of it is seen. */
  @JsonProperty("running")
  RUNNING,

  /** All of it is staged and checked, and what was published before is taken away. */
  @JsonProperty("replacing")
  REPLACING,

  /** What is staged is moved to where readers look. */
  @JsonProperty("moving")
  MOVING,

  /** Readers see all of it. */
  @JsonProperty("published")
  PUBLISHED,

  /** All of it is staged and checked, and waits for a person, as a gate did not let it through. */
  @JsonProperty("held")
  HELD,

  /** It was held, and a person or a later run had it thrown away. */
  @JsonProperty("discarded")
  DISCARDED,

  /** It was refused or has failed; readers see what they saw before. */
  @JsonProperty("failed")
  FAILED,

  /** Its process ended before it did; readers see what they saw before. */
  @JsonProperty("died")
  DIED;

  /** Whether the run goes on, if its process does. */
  boolean active() {
    return this == RUNNING || publishing();
  }

  /** Whether it is past the point from which it only goes forward. */
  boolean publishing() {
    return this == REPLACING || this == MOVING;
  }
}
