package io.tidemill.pipelines.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.tidemill.pipelines.cli",
    importOptions = ImportOption.DoNotIncludeTests.class)
class CliRoomTest {
  @ArchTest
  static final ArchRule knowsNoEngineNoBatchAndNoDemo =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "ai..",
              "org.tensorflow..",
              "org.apache.arrow..",
              "io.tidemill.inference..",
              "io.tidemill.model.engine.*",
              "io.tidemill.model.store.oci",
              "io.tidemill.pipelines.demo");

  @ArchTest
  static final ArchRule givesOthersTheCommandAndTheDoorToIt =
      classes()
          .that()
          .arePublic()
          .and()
          .resideInAPackage("io.tidemill.pipelines.cli")
          .should()
          .haveNameMatching("io\\.tidemill\\.pipelines\\.cli\\.(Tidemill|Subcommand)");
}
