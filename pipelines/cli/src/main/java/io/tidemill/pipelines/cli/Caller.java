package io.tidemill.pipelines.cli;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.Constructor;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/**
 * Who calls the command. Makes picocli's commands and options, and gives itself to those that ask
 * for it in their constructor.
 *
 * @param environment the variables of the process
 * @param terminal the person in front of it, if there is one
 */
record Caller(Map<String, String> environment, Terminal terminal) implements IFactory {
  Caller {
    environment = Map.copyOf(environment);
    requireNonNull(terminal, "terminal");
  }

  @Override
  public <T> T create(Class<T> type) throws Exception {
    try {
      Constructor<T> constructor = type.getDeclaredConstructor(Caller.class);
      return constructor.newInstance(this);
    } catch (NoSuchMethodException asksForNobody) {
      return CommandLine.defaultFactory().create(type);
    }
  }
}
