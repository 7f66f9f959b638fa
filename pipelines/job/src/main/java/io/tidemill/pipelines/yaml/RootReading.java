package io.tidemill.pipelines.yaml;

import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import io.tidemill.pipelines.definition.VerifyDefinition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads the root of a file: the job itself. */
final class RootReading {
  private static final List<String> KEYS =
      List.of(
          "name",
          "mode",
          "store",
          "development",
          "source",
          "steps",
          "sink",
          "dead-letter",
          "verify",
          "flink");
  private static final String CONNECTOR_FORM = "a connector and its options";

  private final Document document;
  private final Section job;

  /**
   * Begins at the root.
   *
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException if it is no mapping
   */
  RootReading(Document document, Node root) {
    this.document = document;
    this.job = Section.of(document, root, "the job", "").orElseThrow(document::failure);
  }

  /**
   * Reads all of it.
   *
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException with every problem
   */
  PipelineDefinition read() {
    job.allowOnly(KEYS);
    Optional<String> name = job.required("name", "the job's name", PipelineDefinition::checkName);
    ExecutionMode mode = job.choice("mode", ExecutionMode.STREAMING);
    String store =
        job.optional("store", PipelineDefinition::checkStore).map(document::beside).orElse(null);
    boolean development = job.flag("development").orElse(false);
    ConnectorReading connectors = new ConnectorReading(document);
    Optional<ConnectorDefinition> source =
        job.requiredSection("source", "source", CONNECTOR_FORM).flatMap(connectors::source);
    List<StepDefinition> steps = steps();
    Optional<ConnectorDefinition> sink =
        job.requiredSection("sink", "sink", CONNECTOR_FORM).flatMap(connectors::read);
    ConnectorDefinition deadLetter =
        job.section("dead-letter", "dead-letter").flatMap(connectors::deadLetter).orElse(null);
    VerifyDefinition verify =
        job.section("verify", "verify").map(this::verify).orElse(VerifyDefinition.NONE);
    Map<String, String> flinkOptions =
        job.section("flink", "flink").map(section -> section.texts()).orElse(Map.of());
    if (document.problemCount() > 0) {
      throw document.failure();
    }
    return new PipelineDefinition(
        name.orElseThrow(document::failure),
        mode,
        store,
        development,
        source.orElseThrow(document::failure),
        steps,
        sink.orElseThrow(document::failure),
        deadLetter,
        verify,
        flinkOptions);
  }

  private List<StepDefinition> steps() {
    List<StepDefinition> steps = new ArrayList<>();
    Optional<Node> node = job.required("steps", "a list of steps, each with id and model");
    if (node.isEmpty()) {
      return steps;
    }
    if (!(node.get() instanceof SequenceNode sequence)) {
      job.report("steps", "not a list (expected: a list of steps, each beginning with '- id:')");
      return steps;
    }
    if (sequence.getValue().isEmpty()) {
      job.report("steps", "none (expected: >= 1)");
    }
    Set<String> ids = new HashSet<>();
    for (Node item : sequence.getValue()) {
      step(item, ids).ifPresent(steps::add);
    }
    return steps;
  }

  private Optional<StepDefinition> step(Node item, Set<String> ids) {
    String shownId = idOf(item);
    String name = "step '" + shownId + "'";
    return Section.of(document, item, name, "steps." + shownId)
        .flatMap(
            section -> {
              Optional<String> id =
                  section.required("id", "the step's name", StepDefinition::checkId);
              if (id.isPresent() && !ids.add(id.get())) {
                section.report("id", "'%s' twice (expected: distinct ids)", id.get());
              }
              return StepReading.read(document, section, name, id);
            });
  }

  /** A step's id before the step is read, so that every message about it can name it. */
  private static String idOf(Node step) {
    if (step instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode key
            && key.getValue().equals("id")
            && tuple.getValueNode() instanceof ScalarNode value) {
          return value.getValue();
        }
      }
    }
    return "?";
  }

  private VerifyDefinition verify(Section verify) {
    verify.allowOnly(List.of("required", "keys"));
    verify.required("required", "true or false");
    boolean required = verify.flag("required").orElse(false);
    List<Path> keys = new ArrayList<>();
    verify
        .optional("keys")
        .ifPresent(
            node ->
                verify
                    .texts("keys", node)
                    .forEach(
                        text ->
                            verify.checked("keys", () -> verify.file(text)).ifPresent(keys::add)));
    if (required && !verify.has("keys")) {
      verify.required("keys", "a list of files with public keys");
    }
    // Without keys there is a problem already, so that the answer is not used.
    return new VerifyDefinition(required && !keys.isEmpty(), keys);
  }
}
