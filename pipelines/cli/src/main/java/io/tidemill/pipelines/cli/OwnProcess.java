package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process of a command, which becomes another JVM by {@code execv}: for whoever started it, it
 * stays the same process, with its number, its streams and its locks, and signals reach it as they
 * did. A child would outlive a parent that is killed.
 *
 * <p>Stateless. Linux only, as nothing else tells all of a process's own words.
 */
final class OwnProcess implements Restart {
  private static final Logger LOG = LoggerFactory.getLogger(OwnProcess.class);
  private static final Path WORDS = Path.of("/proc/self/cmdline");
  private static final String EXECUTABLE = "/proc/self/exe";

  @Override
  public void with(List<String> options, List<String> words, Runnable before) {
    List<String> all;
    Function execute;
    try {
      // Bytes, whatever they are in the language of this machine.
      all = new ArrayList<>(Arrays.asList(Files.readString(WORDS, ISO_8859_1).split("\0", -1)));
      execute =
          NativeLibrary.getProcess().getFunction("execv", Function.C_CONVENTION, ISO_8859_1.name());
    } catch (IOException | LinkageError notHere) {
      LOG.info("this process cannot start again", notHere);
      return;
    }
    if (!all.contains(Tidemill.class.getName())) {
      // It is part of another program.
      return;
    }
    // Behind the last word there is an end, too.
    all.remove(all.size() - 1);
    all.addAll(1, options);
    all.addAll(words);
    before.run();
    System.out.flush();
    System.err.flush();
    execute.invokeInt(new Object[] {EXECUTABLE, all.toArray(String[]::new)});
    throw new CommandFailedException(
        ExitCode.FAILED,
        "this process cannot start again with %s: error %d of the system (expected: TIDEMILL_JAVA_OPTS with these options)"
            .formatted(String.join(" ", options), Native.getLastError()));
  }
}
