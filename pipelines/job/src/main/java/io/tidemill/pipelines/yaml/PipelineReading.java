package io.tidemill.pipelines.yaml;

import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import io.tidemill.pipelines.definition.VerifyDefinition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads the whole of a job. */
final class PipelineReading {
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

  PipelineReading(Document document) {
    this.document = document;
  }

  /**
   * Reads the root of a file.
   *
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException with every problem
   */
  PipelineDefinition read(Node root) {
    Section job = Section.of(document, root, "the job", "").orElseThrow(document::failure);
    job.allowOnly(KEYS);
    Optional<String> name = job.required("name", "the job's name", PipelineDefinition::checkName);
    ExecutionMode mode = job.choice("mode", ExecutionMode.STREAMING);
    String store = job.optional("store", PipelineDefinition::checkStore).orElse(null);
    boolean development = job.optional("development", false, Flag::parse);
    Optional<ConnectorDefinition> source =
        job.requiredSection("source", "source", CONNECTOR_FORM)
            .flatMap(section -> ConnectorReading.source(document, section));
    List<StepDefinition> steps = steps(job);
    Optional<ConnectorDefinition> sink =
        job.requiredSection("sink", "sink", CONNECTOR_FORM)
            .flatMap(section -> ConnectorReading.sink(document, section));
    ConnectorDefinition deadLetter =
        job.section("dead-letter", "dead-letter")
            .flatMap(section -> ConnectorReading.deadLetter(document, section))
            .orElse(null);
    VerifyDefinition verify =
        job.section("verify", "verify")
            .map(section -> VerifyReading.read(document, section))
            .orElse(VerifyDefinition.NONE);
    Map<String, String> flinkOptions = flinkOptions(job);
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

  private List<StepDefinition> steps(Section job) {
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
    String shownId = StepId.of(item).orElse("?");
    String name = "step '" + shownId + "'";
    return Section.of(document, item, name, "steps." + shownId)
        .flatMap(
            section -> {
              Optional<String> id =
                  section.required("id", "the step's name", StepDefinition::checkId);
              if (id.isPresent() && !ids.add(id.get())) {
                section.report("id", "'" + id.get() + "' twice (expected: distinct ids)");
              }
              return StepReading.read(document, section, name, id);
            });
  }

  private Map<String, String> flinkOptions(Section job) {
    Map<String, String> options = new LinkedHashMap<>();
    job.section("flink", "flink")
        .ifPresent(
            flink -> {
              for (String key : flink.keys()) {
                flink
                    .optional(key, Function.<String>identity())
                    .ifPresent(value -> options.put(key, value));
              }
            });
    return options;
  }
}
