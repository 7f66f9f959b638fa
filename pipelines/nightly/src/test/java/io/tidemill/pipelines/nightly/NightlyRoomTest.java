package io.tidemill.pipelines.nightly;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.tidemill.pipelines.nightly",
    importOptions = ImportOption.DoNotIncludeTests.class)
class NightlyRoomTest {
  @ArchTest
  static final ArchRule knowsTheJobAndFilesAndNoEngine =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "org.jspecify..",
              "org.slf4j",
              "com.fasterxml.jackson..",
              "org.apache.commons.codec..",
              "org.apache.flink.configuration",
              "org.apache.flink.core.fs",
              "org.apache.flink.connector.file.src..",
              "io.tidemill.connectors.files",
              "io.tidemill.connectors.iceberg",
              "io.tidemill.connectors.options",
              "io.tidemill.connectors.problem",
              "io.tidemill.connectors.record",
              "io.tidemill.model",
              "io.tidemill.model.store",
              "io.tidemill.pipelines.definition",
              "io.tidemill.pipelines.yaml",
              "io.tidemill.pipelines.compose",
              "io.tidemill.pipelines.run",
              "io.tidemill.pipelines.nightly");
}
