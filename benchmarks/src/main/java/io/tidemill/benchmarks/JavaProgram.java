package io.tidemill.benchmarks;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A program of this class path, as another process with this one's options runs it. */
record JavaProgram(Class<?> main, List<String> arguments) {

  JavaProgram {
    arguments = List.copyOf(arguments);
  }

  /** The words that start it, with these options of the JVM after this process's own. */
  List<String> command(List<String> options) {
    return command(options, System.getProperty("java.class.path"));
  }

  /** The same, on another class path. */
  List<String> command(List<String> options, String classPath) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(options);
    command.addAll(List.of("-cp", classPath));
    command.add(main.getName());
    command.addAll(arguments);
    return command;
  }
}
