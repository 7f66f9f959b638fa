package io.tidemill.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A program that runs in a process of its own, with this one's class path, and is small and quick
 * to start. Immutable.
 *
 * @param main has the program's {@code main}
 */
public record OtherProcess(Class<?> main, List<String> arguments) {
  public OtherProcess {
    arguments = List.copyOf(arguments);
  }

  /** One whose arguments are texts of these. */
  public static OtherProcess of(Class<?> main, Object... arguments) {
    return new OtherProcess(main, Arrays.stream(arguments).map(String::valueOf).toList());
  }

  /** What starts it, with its command line. */
  public ProcessBuilder builder() {
    return builder("128m");
  }

  /** The same with a larger heap, such as {@code 512m}. */
  public ProcessBuilder builder(String heap) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx" + heap, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    return new ProcessBuilder(command);
  }
}
