package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemill init}: a job to begin with. */
@Command(
    name = "init",
    description = {
      "Write a folder with a job that runs as it is, to begin with.",
      "It has a small model, some records, and a README with the next commands."
    },
    mixinStandardHelpOptions = true)
final class InitCommand implements Callable<Integer> {
  @Parameters(paramLabel = "DIR", description = "A folder that is empty or not there.")
  private Path folder = Path.of("");

  @Option(
      names = "--template",
      paramLabel = "TEMPLATE",
      defaultValue = "files",
      description = {
        "files, which needs nothing else, or",
        "kafka, from topic to topic of a broker",
        "(default: ${DEFAULT-VALUE})."
      })
  private Template template = Template.FILES;

  @Mixin private Output output;

  /** Where records come from, and predictions go. */
  private enum Template {
    FILES,
    KAFKA
  }

  /** What JSON has of a folder that was written. */
  private record View(String folder, String template) {}

  @Override
  public Integer call() {
    Path target = new NewFolder(folder).path();
    String name = template.name().toLowerCase(Locale.ROOT);
    try {
      write(target.resolve("README.md"), resource(name + ".md"));
      write(target.resolve("job.yaml"), resource(name + ".yaml"));
      write(target.resolve("fraud.onnx"), resource("fraud.onnx"));
      write(target.resolve("transactions/2026-11-01.json"), resource("transactions.json"));
      String schema = Output.json(PipelineReader.schema()) + "\n";
      write(
          target.resolve("pipeline.schema.json"), new ByteArrayInputStream(schema.getBytes(UTF_8)));
    } catch (IOException unwritable) {
      throw new CommandFailedException(
          ExitCode.FAILED, folder + ": cannot be written: " + unwritable.getMessage(), unwritable);
    }
    output.print(
        new View(target.toString(), name),
        "%s: a job on %s; what comes next is in %s"
            .formatted(folder, name, folder.resolve("README.md")));
    return ExitCode.DONE.number();
  }

  private static InputStream resource(String name) {
    return requireNonNull(InitCommand.class.getResourceAsStream("templates/" + name), name);
  }

  private static void write(Path file, InputStream content) throws IOException {
    try (content) {
      Files.createDirectories(file.resolveSibling(""));
      Files.copy(content, file);
    }
  }
}
