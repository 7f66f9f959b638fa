package io.tidemill.connectors;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.tidemill.connectors",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ConnectorsArchitectureTest {
  @ArchTest
  static final ArchRule DOORS =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("door")
          .definedBy("io.tidemill.connectors")
          .layer("kafka")
          .definedBy("io.tidemill.connectors.kafka")
          .layer("table")
          .definedBy("io.tidemill.connectors.table")
          .layer("record")
          .definedBy("io.tidemill.connectors.record")
          .layer("options")
          .definedBy("io.tidemill.connectors.options")
          .whereLayer("door")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("kafka")
          .mayOnlyBeAccessedByLayers("door")
          .whereLayer("table")
          .mayOnlyBeAccessedByLayers("door")
          .whereLayer("record")
          .mayOnlyBeAccessedByLayers("door", "kafka", "table");

  @ArchTest
  static final ArchRule KNOWS_NO_MODEL_NO_BATCH_NO_YAML =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.tidemill.model..",
              "io.tidemill.inference..",
              "io.tidemill.pipelines..",
              "org.snakeyaml..");

  @ArchTest
  static final ArchRule NO_SLEEP =
      noClasses().should().callMethod(Thread.class, "sleep", long.class);
}
