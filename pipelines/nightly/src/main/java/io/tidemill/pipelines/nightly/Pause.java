package io.tidemill.pipelines.nightly;

import java.time.Duration;

/** Lets time pass. */
public interface Pause {
  void pause(Duration time) throws InterruptedException;
}
