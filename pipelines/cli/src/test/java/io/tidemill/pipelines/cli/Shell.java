package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A real shell, in which {@code tidemill} is the command on the test's own class path. */
public final class Shell {
  private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);

  private final Path home;
  private final Map<String, String> environment;

  /**
   * A shell.
   *
   * @param home a folder for what it needs itself
   */
  public Shell(Path home, Map<String, String> environment) throws IOException {
    this.home = home;
    this.environment = environment;
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
    List<String> words = new ArrayList<>();
    words.add(ProcessHandle.current().info().command().orElseThrow());
    // The doors that Flink and Arrow need are the test's own.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens"))
        .forEach(words::add);
    words.addAll(
        List.of(
            "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:MetaspaceSize=256m"));
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
    Path script = Files.createDirectories(home.resolve("bin")).resolve(name);
    Files.writeString(
        script, "#!/bin/sh\nexec '" + String.join("' '", words) + "' \"$@\"\n", UTF_8);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
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
