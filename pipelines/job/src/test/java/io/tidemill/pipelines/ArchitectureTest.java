package io.tidemill.pipelines;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.tidemill.pipelines",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule definitionKnowsTheJdkAndWhatAStepIsTold =
      noClasses()
          .that()
          .resideInAPackage("..pipelines.definition")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages(
              "java..",
              "org.jspecify..",
              "io.tidemill.inference.batch",
              "io.tidemill.inference.step",
              "io.tidemill.connectors.problem",
              "io.tidemill.pipelines.definition");

  @ArchTest
  static final ArchRule yamlKnowsTheDefinitionOnly =
      noClasses()
          .that()
          .resideInAPackage("..pipelines.yaml")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages(
              "java..",
              "org.jspecify..",
              "org.snakeyaml.engine..",
              "io.tidemill.inference.step",
              "com.google.errorprone.annotations",
              "io.tidemill.connectors.problem",
              "io.tidemill.pipelines.definition",
              "io.tidemill.pipelines.yaml");

  @ArchTest
  static final ArchRule nothingKnowsAnEngineOrSleeps =
      noClasses()
          .that()
          .resideOutsideOfPackage("..pipelines.demo..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ai.djl..", "org.tensorflow..", "io.tidemill.model.engine..")
          .orShould()
          .callMethod(Thread.class, "sleep", long.class);
}
