package io.tidemill.pipelines.definition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.inference.step.OutputField;
import io.tidemill.inference.step.StepSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PipelineDefinitionTest {
  private static final ConnectorDefinition KAFKA =
      new ConnectorDefinition(
          Map.of("connector", "kafka"), null, List.of(), List.of(), false, FilesDefinition.DEFAULT);

  @Test
  void refusesAJobWithoutSteps() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> job("fraud", List.of()))
        .withMessage("steps: none (expected: >= 1)");
  }

  @Test
  void refusesTwoStepsOfOneId() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> job("fraud", List.of(step("score"), step("score"))))
        .withMessage("steps: id 'score' twice (expected: distinct ids)");
  }

  @Test
  void refusesANameThatCannotBeATransactionalIdOrAUid() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> job("fraud scoring", List.of(step("score"))))
        .withMessageStartingWith("name: 'fraud scoring' (expected: 1 to 128 letters");
  }

  @Test
  void refusesABlankStore() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PipelineDefinition.checkStore(" "))
        .withMessage("store: ' ' (expected: not blank)");
  }

  @Test
  void refusesAConnectorWithoutName() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new ConnectorDefinition(
                    Map.of("topic", "t"),
                    null,
                    List.of(),
                    List.of(),
                    false,
                    FilesDefinition.DEFAULT))
        .withMessage("connector: none (expected: a connector's name such as kafka)");
  }

  @Test
  void refusesAStepThatFillsNothingOrKeepsNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> step("score", Map.of(), Map.of("y", new OutputField("y"))))
        .withMessage("input: none (expected: >= 1 tensor)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> step("score", Map.of("x", List.of("a")), Map.of()))
        .withMessage("output: none (expected: >= 1 tensor)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> step("score", Map.of("x", List.of()), Map.of("y", new OutputField("y"))))
        .withMessage("input: no fields for tensor 'x' (expected: >= 1)");
  }

  @Test
  void refusesTwoOutputsInOneField() {
    Map<String, OutputField> output = new LinkedHashMap<>();
    output.put("a", new OutputField("score"));
    output.put("b", new OutputField("score"));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> step("score", Map.of("x", List.of("a")), output))
        .withMessage("output: field 'score' twice (expected: once)");
  }

  @Test
  void refusesDevicesParallelismsAndThreadsThatAreNone() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ResourcesDefinition("tpu", 1, 1))
        .withMessage("device: 'tpu' (expected: cpu, gpu, gpu:N or gpu:auto)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ResourcesDefinition("cpu", 0, 1))
        .withMessage("parallelism: 0 (expected: 1 to 32768)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ResourcesDefinition("cpu", 1, 0))
        .withMessage("threads: 0 (expected: 1 to 1024)");
  }

  @Test
  void refusesASchemaWithoutColumns() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SchemaDefinition.Columns(Map.of()))
        .withMessage("columns: none (expected: >= 1)");
    assertThat(new SchemaDefinition.File(Path.of("a.avsc")).path()).isEqualTo(Path.of("a.avsc"));
  }

  @Test
  void doesNotChangeWithWhatItWasMadeOf() {
    List<String> fields = new ArrayList<>(List.of("a"));
    StepDefinition step = step("score", Map.of("x", fields), Map.of("y", new OutputField("y")));
    List<StepDefinition> steps = new ArrayList<>(List.of(step));
    PipelineDefinition job = job("fraud", steps);

    fields.add("b");
    steps.clear();

    assertThat(job.steps()).containsExactly(step);
    assertThat(step.input()).containsEntry("x", List.of("a"));
  }

  @Test
  void refusesToDemandSignaturesThatNoKeyCouldMake() {
    assertThatThrownBy(() -> new VerifyDefinition(true, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("keys: none (expected: >= 1 file with a public key");
  }

  @Test
  void tellsWhichLimitOnErrorsIsPassed() {
    ErrorsDefinition errors = new ErrorsDefinition(0.01, 1000, 50L);

    assertThat(errors)
        .hasToString("at most 1% of the records if they are 1,000 or more, and at most 50");
    assertThat(errors.passed(999, 40)).isEmpty();
    assertThat(errors.passed(1000, 10)).isEmpty();
    assertThat(errors.passed(1000, 11)).contains("errors.max-rate: 1%");
    assertThat(errors.passed(999, 51)).contains("errors.max-count: 50");
    assertThat(new ErrorsDefinition(0.29, 0, null).passed(100, 29)).isEmpty();
    assertThat(new ErrorsDefinition(0.29, 0, null).passed(100, 30)).isPresent();
    assertThat(new ErrorsDefinition(0.0, 0, null).passed(0, 0)).isEmpty();
    assertThatThrownBy(() -> new ErrorsDefinition(null, 0, null))
        .hasMessageStartingWith("errors: neither max-rate nor max-count");
    assertThatThrownBy(() -> new ErrorsDefinition(Double.NaN, 0, null))
        .hasMessageStartingWith("max-rate: NaN");
  }

  private static PipelineDefinition job(String name, List<StepDefinition> steps) {
    return new PipelineDefinition(
        name,
        ExecutionMode.STREAMING,
        null,
        false,
        KAFKA,
        steps,
        KAFKA,
        null,
        VerifyDefinition.NONE,
        NightlyDefinition.DEFAULT,
        Map.of());
  }

  private static StepDefinition step(String id) {
    return step(id, Map.of("x", List.of("a")), Map.of("y", new OutputField(id + "_y")));
  }

  private static StepDefinition step(
      String id, Map<String, List<String>> input, Map<String, OutputField> output) {
    return new StepDefinition(
        id,
        "fraud:1.4.2",
        input,
        output,
        new ResourcesDefinition("cpu", null, null),
        StepSettings.defaults());
  }
}
