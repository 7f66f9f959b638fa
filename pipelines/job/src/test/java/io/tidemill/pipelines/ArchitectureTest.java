package io.tidemill.pipelines;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArchitectureTest {
  private static final JavaClasses ROOMS =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages("io.tidemill.pipelines");

  @ParameterizedTest
  @CsvSource({
    "definition, connectors.problem inference.step inference.batch",
    "yaml, pipelines.definition connectors.options connectors.problem inference.batch inference.step model model.store org.apache.flink.util org.snakeyaml.engine.. com.google.errorprone.annotations",
    "compose, pipelines.definition connectors.. inference.. model model.columnar model.loader model.store model.store.signing org.apache.flink.. org.apache.datasketches.. org.slf4j com.google.errorprone.annotations",
    "unit, pipelines.definition pipelines.compose pipelines.yaml connectors.problem model model.store model.store.cache model.store.signing model.importing model.importing.archive org.apache.commons.io org.slf4j",
    "run, pipelines.definition pipelines.compose connectors.options connectors.problem connectors.record inference.. model model.store org.apache.flink.. org.slf4j",
  })
  void importsOnlyWhatTheTableAllows(String room, String allowed) {
    String[] doors =
        Arrays.stream(("java.. org.jspecify.. pipelines." + room + " " + allowed).split(" "))
            .map(door -> door.matches("(pipe|conn|inf|model).*") ? "io.tidemill." + door : door)
            .toArray(String[]::new);
    var rule = classes().that().resideInAPackage("io.tidemill.pipelines." + room).should();
    rule.onlyDependOnClassesThat().resideInAnyPackage(doors).check(ROOMS);
  }

  @Test
  void noOneSleeps() {
    noClasses().should().callMethod(Thread.class, "sleep", long.class).check(ROOMS);
  }
}
