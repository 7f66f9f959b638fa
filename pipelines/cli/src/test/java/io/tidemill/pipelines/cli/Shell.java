package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;

/**
 * A real shell, in which {@code tidemill} is the command on the test's own class path. Before the
 * first of all tests, one process archives the classes that commands load, as the script of users
 * does for each of them; every start begins with them.
 */
public final class Shell {
  private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);

  private static final String SCRIPT =
      """
      #!/bin/sh
      exec %s "$@"
      """;

  private static final String KEEPS =
      """
      #!/bin/sh
      echo "$(basename "$0") $*" >> '%1$s/calls'
      while [ $# -gt 0 ]; do
        if [ "$1" = -f ] && [ "$2" = - ]; then
          cat > '%1$s/stdin.yaml'
        elif [ "$1" = -f ]; then
          cp "$2" '%1$s/'
        fi
        shift
      done
      """;

  private final Path home;
  private final Map<String, String> environment;

  /** What the shells of all tests share: it is the same for each, and takes seconds to make. */
  private static final class Shared {
    static final Path ARCHIVE;
    static final String CLASS_PATH;

    static {
      try {
        Path folder = Files.createTempDirectory("shell");
        ARCHIVE = folder.resolve("classes.jsa");
        CLASS_PATH = jars(folder);
        archive(folder);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new IllegalStateException("stopped while classes were archived", e);
      }
    }

    /** A JDK without an archive of its own makes none, and starts without it. */
    private static void archive(Path folder) throws IOException, InterruptedException {
      Path log = folder.resolve("archive.log");
      ProcessBuilder builder =
          new ProcessBuilder(
                  java(
                      "-XX:ArchiveClassesAtExit=" + ARCHIVE,
                      CLASS_PATH,
                      ArchivedCommands.class.getName(),
                      folder.resolve("job").toString()))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().put("TIDEMILL_CACHE", folder.resolve("cache").toString());
      assertThat(builder.start().waitFor()).as(Files.readString(log)).isZero();
    }
  }

  /**
   * A shell.
   *
   * @param home a folder for what it needs itself
   */
  public Shell(Path home, Map<String, String> environment) throws IOException {
    this.home = home;
    this.environment = environment;
    Files.createDirectories(home.resolve("bin"));
    command("tidemill", Tidemill.class.getName());
  }

  /** The blocks of a page that are marked as a shell's, in their order. */
  public static List<String> blocks(String page) {
    List<String> blocks = new ArrayList<>();
    Matcher block = BLOCK.matcher(page);
    while (block.find()) {
      blocks.add(block.group(1));
    }
    return blocks;
  }

  /** Makes the shell know a command. */
  public void command(String name, String mainClass) throws IOException {
    List<String> words =
        java("-XX:SharedArchiveFile=" + Shared.ARCHIVE, Shared.CLASS_PATH, mainClass);
    executable(name, SCRIPT.formatted(quoted(words)));
  }

  /** The words that start a JVM that lives for seconds. */
  private static List<String> java(String archive, String classPath, String... more) {
    List<String> words = new ArrayList<>();
    words.add(ProcessHandle.current().info().command().orElseThrow());
    // The doors that Flink and Arrow need are the test's own.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens"))
        .forEach(words::add);
    words.addAll(
        List.of(
            "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:MetaspaceSize=256m"));
    // What the JVM says of the archive is no part of what the command prints.
    words.addAll(List.of("-Xlog:disable", "-Xlog:all=error:stderr", "-Xlog:cds*=off:stderr"));
    words.addAll(List.of(archive, "-cp", classPath));
    words.addAll(List.of(more));
    return words;
  }

  /**
   * Makes the shell know a command that does nothing but keep what it is given: its words in the
   * file {@code calls} of a folder, and the files behind {@code -f}.
   */
  void keep(String name, Path folder) throws IOException {
    executable(name, KEEPS.formatted(folder));
  }

  void executable(String name, String lines) throws IOException {
    Path script = home.resolve("bin").resolve(name);
    Files.writeString(script, lines, UTF_8);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static String quoted(List<String> words) {
    return "'" + String.join("' '", words) + "'";
  }

  /** The test's class path with a jar for each folder: from folders the JVM archives nothing. */
  private static String jars(Path folder) {
    List<String> jars = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (Files.isDirectory(Path.of(entry))) {
        String jar = folder.resolve(jars.size() + ".jar").toString();
        int code =
            ToolProvider.findFirst("jar")
                .orElseThrow()
                .run(System.out, System.err, "--create", "--file", jar, "-C", entry, ".");
        assertThat(code).as("%s as a jar", entry).isZero();
        jars.add(jar);
      } else {
        jars.add(entry);
      }
    }
    return String.join(File.pathSeparator, jars);
  }

  /** Starts lines in a folder; what they print to stderr is in {@code errors}. */
  public Process start(Path folder, String lines) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-euo", "pipefail", "-c", lines)
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.appendTo(home.resolve("errors").toFile()));
    builder.environment().remove("TIDEMILL_STORE");
    builder.environment().put("TIDEMILL_CACHE", home.resolve("cache").toString());
    builder.environment().put("PATH", home.resolve("bin") + ":" + System.getenv("PATH"));
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Runs lines in a folder, each of which must succeed, and answers what they print. */
  public String run(Path folder, String lines) throws IOException, InterruptedException {
    Process process = start(folder, lines);
    try {
      String out = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertThat(process.waitFor()).as("%s%n%s%n%s", lines, out, errors()).isZero();
      return out;
    } finally {
      process.destroyForcibly();
    }
  }

  /** What all of it printed to stderr until now. */
  public String errors() throws IOException {
    return Files.readString(home.resolve("errors"));
  }
}
