package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
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
  private static final Path EXECUTABLE = Path.of("/proc/self/exe");
  private static final Path OPEN_FILES = Path.of("/proc/self/fd");
  private static final int FIRST_OF_OWN = 3;
  private static final int F_SETFD = 2;
  private static final int FD_CLOEXEC = 1;

  @Override
  public void with(List<String> options, List<String> words, Runnable before) {
    List<String> all;
    Function execute;
    try {
      if (!Files.isSameFile(EXECUTABLE, Path.of(System.getProperty("java.home"), "bin", "java"))) {
        // An emulator, or another program that has a JVM, has words of its own.
        return;
      }
      // Bytes, whatever they are in the language of this machine; behind the last is an end, too.
      List<String> own = Arrays.asList(Files.readString(WORDS, ISO_8859_1).split("\0", -1));
      all = again(own.subList(0, own.size() - 1), options, words);
      execute = function("execv");
    } catch (IOException | LinkageError notHere) {
      LOG.info("this process cannot start again", notHere);
      return;
    }
    if (all.isEmpty()) {
      return;
    }
    before.run();
    System.out.flush();
    System.err.flush();
    leaveSockets();
    try {
      // By its own name, which the process has then.
      execute(execute, EXECUTABLE.toRealPath(), all);
    } catch (IOException notFound) {
      LOG.debug("this JVM's file is not found", notFound);
    }
    execute(execute, EXECUTABLE, all);
    throw new CommandFailedException(
        ExitCode.FAILED,
        "this process cannot start again with %s: error %d of the system (expected: TIDEMILL_JAVA_OPTS with these options)"
            .formatted(String.join(" ", options), Native.getLastError()));
  }

  /**
   * The words of the process that it becomes; none where its own are not those of {@code tidemill
   * run}.
   */
  static List<String> again(List<String> own, List<String> options, List<String> words) {
    int main = own.indexOf(Tidemill.class.getName());
    if (main < 0 || !own.get(1).startsWith("-")) {
      return List.of();
    }
    int run = main + 1 + own.subList(main + 1, own.size()).indexOf(RunCommand.NAME);
    if (run == main) {
      return List.of();
    }
    List<String> all = new ArrayList<>(own.subList(0, run + 1));
    all.addAll(1, options);
    all.addAll(words);
    List<String> given = own.subList(run + 1, own.size());
    int end = given.contains("--") ? given.indexOf("--") : given.size();
    for (int i = 0; i < given.size(); i++) {
      boolean replaced = i < end && !words.isEmpty();
      if (replaced && given.get(i).equals(words.get(0))) {
        i++;
      } else if (!replaced || !given.get(i).startsWith(words.get(0) + "=")) {
        all.add(given.get(i));
      }
    }
    return all;
  }

  /** Comes back only where it fails. */
  private static void execute(Function execute, Path file, List<String> words) {
    execute.invokeInt(new Object[] {file.toString(), words.toArray(String[]::new)});
  }

  /** A port that this JVM listens at would stay taken, and a connection open that nobody has. */
  private static void leaveSockets() {
    try (Stream<Path> open = Files.list(OPEN_FILES)) {
      Function control = function("fcntl");
      for (Path file : open.toList()) {
        int number = Integer.parseInt(file.getFileName().toString());
        if (number >= FIRST_OF_OWN && isSocket(file)) {
          control.invokeInt(new Object[] {number, F_SETFD, FD_CLOEXEC});
        }
      }
    } catch (IOException | LinkageError unknown) {
      LOG.debug("what this process has open is not known", unknown);
    }
  }

  private static boolean isSocket(Path file) throws IOException {
    try {
      return Files.readSymbolicLink(file).toString().startsWith("socket:");
    } catch (NoSuchFileException closed) {
      return false;
    }
  }

  private static Function function(String name) {
    return NativeLibrary.getProcess().getFunction(name, Function.C_CONVENTION, ISO_8859_1.name());
  }
}
