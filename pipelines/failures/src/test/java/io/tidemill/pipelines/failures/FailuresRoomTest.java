package io.tidemill.pipelines.failures;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.tidemill.pipelines.failures",
    importOptions = ImportOption.DoNotIncludeTests.class)
class FailuresRoomTest {
  @ArchTest
  static final ArchRule knowsWhatFlinkGivesAPluginAndNoOtherRoom =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "org.jspecify..",
              "org.apache.flink.configuration",
              "org.apache.flink.core.failure",
              "org.apache.flink.util",
              "io.tidemill.pipelines.failures");
}
