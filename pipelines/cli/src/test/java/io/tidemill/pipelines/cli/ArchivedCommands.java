package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Commands one after the other in one process, from a new job to its published date: what a JVM
 * that archives its classes at its end is to have loaded.
 */
final class ArchivedCommands {
  private static final String DATE = "2026-11-01";

  private ArchivedCommands() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    String store = folder.resolve("models").toString();
    run("init", folder.toString());
    Path job = folder.resolve("job.yaml");
    Files.writeString(
        job,
        Files.readString(job)
            .replaceAll("path: (predictions|dead-letters)", "path: '$1/dt={{ ds }}'"));
    String model = folder.resolve("fraud.onnx").toString();
    run("model", "push", model, "fraud:1.0.0", "--store", store);
    run("model", "alias", "fraud:1.0.0", "production", "--store", store);
    for (String command : List.of("validate", "plan", "run")) {
      run(command, job.toString(), "--date", DATE);
    }
    run("runs", "ls", job.toString());
    run("dead-letters", "stats", job.toString(), "--date", DATE);
    System.exit(0);
  }

  private static void run(String... words) {
    CommandRun run = CommandRun.of(Map.of(), words);
    assertThat(run.exitCode())
        .as("%s%n%s", String.join(" ", words), run.err())
        .isEqualTo(ExitCode.DONE);
  }
}
