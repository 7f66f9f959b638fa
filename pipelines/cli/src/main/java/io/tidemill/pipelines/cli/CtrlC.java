package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.unit.Units;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the process was told to end, by Ctrl-C or its like; until this is closed it does not, so
 * that the thread that works can end its work.
 *
 * <p>Thread-safe.
 */
final class CtrlC implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CtrlC.class);

  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook = new Thread(this::hold, "tidemill-stop");
  private final Units units;
  private volatile boolean pressed;

  private CtrlC(Units units) {
    this.units = units;
  }

  /**
   * Watches from now on.
   *
   * @param units those that the work needs to its end, and that are deleted before the process ends
   */
  static CtrlC watch(Units units) {
    CtrlC ctrlC = new CtrlC(units);
    units.hold();
    try {
      Runtime.getRuntime().addShutdownHook(ctrlC.hook);
    } catch (IllegalStateException ending) {
      // It was told so just before.
      ctrlC.pressed = true;
    }
    return ctrlC;
  }

  private void hold() {
    pressed = true;
    try {
      done.await();
      units.close();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  boolean pressed() {
    return pressed;
  }

  @Override
  public void close() {
    units.letGo();
    done.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      LOG.debug("the process ends", ending);
    }
  }
}
