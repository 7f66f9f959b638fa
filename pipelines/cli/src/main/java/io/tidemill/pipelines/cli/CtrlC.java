package io.tidemill.pipelines.cli;

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
  private volatile boolean pressed;

  private CtrlC() {}

  /** Watches from now on. */
  static CtrlC watch() {
    CtrlC ctrlC = new CtrlC();
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
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  boolean pressed() {
    return pressed;
  }

  @Override
  public void close() {
    done.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      LOG.debug("the process ends", ending);
    }
  }
}
