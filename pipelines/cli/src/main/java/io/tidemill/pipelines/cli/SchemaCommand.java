package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill schema}: what an editor must know of a job's file. */
@Command(
    name = "schema",
    description = {
      "Print the JSON Schema of a job's file, with which editors complete and check it.",
      "Save it beside the job as pipeline.schema.json, and begin the job with",
      "# yaml-language-server: $schema=pipeline.schema.json"
    },
    mixinStandardHelpOptions = true)
final class SchemaCommand implements Callable<Integer> {
  @Spec private CommandSpec command;

  @Override
  public Integer call() {
    PrintWriter out = command.commandLine().getOut();
    out.println(Output.json(PipelineReader.schema()));
    out.flush();
    return ExitCode.DONE.number();
  }
}
