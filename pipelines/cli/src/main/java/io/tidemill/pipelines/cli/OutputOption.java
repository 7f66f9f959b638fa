package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.PrintWriter;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import picocli.CommandLine.Option;

/** The option {@code -o}, and how what it asks for is printed. */
final class OutputOption {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "What to print: table, json or yaml (default: ${DEFAULT-VALUE}).")
  private OutputFormat format = OutputFormat.TABLE;

  /** Whether a person reads the answer. */
  boolean forPeople() {
    return format == OutputFormat.TABLE;
  }

  /**
   * Prints the answer in the format that was asked for.
   *
   * @param answer for JSON and YAML, which have the same keys
   * @param table prints it for people
   */
  void print(PrintWriter out, Object answer, Runnable table) {
    switch (format) {
      case TABLE -> table.run();
      case JSON -> out.println(json(answer));
      case YAML -> {
        out.print(yaml(answer));
        out.flush();
      }
    }
  }

  private static String json(Object answer) {
    try {
      return JSON.writeValueAsString(answer);
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException(unexpected);
    }
  }

  private static String yaml(Object answer) {
    DumpSettings settings =
        DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setDereferenceAliases(true)
            .setSplitLines(false)
            .build();
    return new Dump(settings).dumpToString(JSON.convertValue(answer, Object.class));
  }
}
