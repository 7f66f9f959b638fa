package io.tidemill.model.loader;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.Property;

/** What a class warns of. */
public final class Logged {
  private Logged() {}

  /** What is done while one listens. */
  public interface Work {
    void run() throws InterruptedException;
  }

  /** The lines that are logged meanwhile, each with its level. */
  public static List<String> by(Class<?> logging, Work work) throws InterruptedException {
    List<String> lines = new CopyOnWriteArrayList<>();
    Logger logger = (Logger) LogManager.getLogger(logging);
    Appender appender =
        new AbstractAppender("kept", null, null, true, Property.EMPTY_ARRAY) {
          @Override
          public void append(LogEvent event) {
            lines.add(event.getLevel() + " " + event.getMessage().getFormattedMessage());
          }
        };
    appender.start();
    logger.addAppender(appender);
    Configurator.setLevel(logger, Level.WARN);
    try {
      work.run();
    } finally {
      logger.removeAppender(appender);
    }
    return lines;
  }
}
