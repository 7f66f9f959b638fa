package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records within records, as inputs and as what passes through. */
class NestedFieldsITCase {
  private static final String ORDER =
      """
      {"type": "record", "name": "Order", "fields": [
        {"name": "id", "type": "string"},
        {"name": "a", "type": "double"},
        {"name": "items", "type": {"type": "array", "items":
          {"type": "record", "name": "Item", "fields": [
            {"name": "name", "type": "string"}, {"name": "price", "type": "double"}]}}}]}
      """;

  @TempDir private Path directory;

  @BeforeEach
  void publishAModel() throws IOException {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
    Files.writeString(directory.resolve("order.avsc"), ORDER);
  }

  private Path job(String name, String mode, String source, String input, String sink)
      throws IOException {
    return Files.writeString(
        directory.resolve(name + ".yaml"),
        """
        name: %s
        mode: %s
        source: { %s, schema: order.avsc }
        steps:
          - id: add
            model: adder:1.0.0
            input: { left: %s, right: a }
            output: { sum: total }
            resources: { device: cpu }
        sink: { %s }
        """
            .formatted(name, mode, source, input, sink));
  }

  private Path ofTopic(String input) throws IOException {
    return job(
        "orders",
        "streaming",
        "connector: kafka, topic: orders, properties.bootstrap.servers: 'here:9092',"
            + " properties.group.id: orders, scan.startup.mode: earliest-offset, format: avro",
        input,
        "connector: kafka, topic: totals, sink.delivery-guarantee: at-least-once, format: avro");
  }

  private CommandRun run(String command, Path job, String... more) {
    List<String> words = new ArrayList<>(List.of(command, job.toString()));
    words.addAll(List.of("--store", new Jobs(directory).store()));
    words.addAll(List.of(more));
    return CommandRun.of(words.toArray(String[]::new));
  }

  @Test
  void anArrayOfRecordsIsRefusedOnceAsAnInputWithWhatCanBeOneInsideOfIt() throws IOException {
    Path job = ofTopic("items");

    CommandRun plan = run("plan", job);
    CommandRun withoutModel =
        CommandRun.of("plan", job.toString(), "--store", directory.resolve("none").toString());

    assertThat(plan.exitCode()).isEqualTo(ExitCode.USAGE);
    String field =
        "input 'left': field 'items' is ARRAY<ROW<`name` STRING NOT NULL, `price` DOUBLE NOT NULL> NOT NULL>, ";
    assertThat(withoutModel.err().lines())
        .filteredOn(line -> line.contains("'items'"))
        .singleElement()
        .asString()
        .startsWith(job + ":7:")
        .endsWith(
            field
                + "of which no tensor is made (expected: a scalar or an ARRAY of scalars; inside of it: items[0].price)");
    assertThat(plan.err().lines())
        .singleElement()
        .asString()
        .startsWith(job + ":7:")
        .endsWith(
            field
                + "which left float32[-1] does not take (expected: a number, BOOLEAN, DATE, TIME or TIMESTAMP; inside of it: items[0].price)");
  }

  @Test
  void anArrayOfRecordsPassesThroughAndTheSinksSchemaHasIt() throws IOException {
    JsonNode items =
        new ObjectMapper()
            .readTree(run("plan", ofTopic("'items[0].price'"), "--sink-schema").out())
            .at("/fields/2/type/items/fields");
    assertThat(items)
        .extracting(field -> field.get("name").asText())
        .containsExactly("name", "price");
    String row =
        "{\"id\":\"o1\",\"a\":1.5,\"items\":[{\"name\":\"x\",\"price\":2.25},{\"name\":\"y\",\"price\":4.0}]";
    Files.writeString(
        Files.createDirectories(directory.resolve("json")).resolve("a.json"), row + "}\n");

    Path toAvro =
        job(
            "to-avro",
            "batch",
            "connector: filesystem, path: json, format: json",
            "'items[0].price'",
            "connector: filesystem, path: avro, format: avro, schema: order.avsc");
    Path toJson =
        job(
            "to-json",
            "batch",
            "connector: filesystem, path: avro, format: avro",
            "'items[1].price'",
            "connector: filesystem, path: out, format: json");
    for (Path job : List.of(toAvro, toJson)) {
      CommandRun run = run("run", job);
      assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    }

    try (Stream<Path> out = Files.list(directory.resolve("out"))) {
      assertThat(out.filter(file -> !file.getFileName().toString().startsWith("_")))
          .singleElement()
          .satisfies(
              file ->
                  assertThat(Files.readString(file).strip()).isEqualTo(row + ",\"total\":5.5}"));
    }
  }
}
