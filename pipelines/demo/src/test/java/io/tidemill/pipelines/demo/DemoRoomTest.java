package io.tidemill.pipelines.demo;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.tidemill.pipelines.demo",
    importOptions = ImportOption.DoNotIncludeTests.class)
class DemoRoomTest {
  private static final String DOORS =
      "java.. org.jspecify.. picocli com.fasterxml.jackson.. org.apache.commons.io.."
          + " kafka.server org.apache.kafka.. org.apache.avro.. org.apache.flink.."
          + " ai.djl.engine org.tensorflow.. io.tidemill.inference.batch io.tidemill.inference.step"
          + " io.tidemill.connectors.avro io.tidemill.connectors.record"
          + " io.tidemill.model io.tidemill.model.engine io.tidemill.model.store"
          + " io.tidemill.pipelines.definition io.tidemill.pipelines.yaml"
          + " io.tidemill.pipelines.compose io.tidemill.pipelines.run io.tidemill.pipelines.cli io.tidemill.pipelines.demo";

  @ArchTest
  static final ArchRule goesThroughTheDoorsThatAUserGoesThrough =
      classes().should().onlyDependOnClassesThat().resideInAnyPackage(DOORS.split(" "));

  @ArchTest
  static final ArchRule givesOthersTheCommandAlone =
      classes().that().arePublic().should().haveSimpleName("DemoSubcommand");
}
