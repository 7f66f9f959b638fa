package io.tidemill.pipelines;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = {
      "io.tidemill.pipelines.carried",
      "io.tidemill.pipelines.doctor",
      "io.tidemill.pipelines.jobs",
      "io.tidemill.pipelines.kubernetes",
      "io.tidemill.pipelines.rest"
    },
    importOptions = ImportOption.DoNotIncludeTests.class)
class ClusterRoomTest {
  @ArchTest
  static final ArchRule knowsNoEngineNoBatchAndNoCommand =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "ai..",
              "org.tensorflow..",
              "org.apache.arrow..",
              "picocli..",
              "io.tidemill.inference..",
              "io.tidemill.model.engine.*",
              "io.tidemill.model.store.oci",
              "io.tidemill.pipelines.cli",
              "io.tidemill.pipelines.nightly",
              "io.tidemill.pipelines.demo");

  @ArchTest
  static final ArchRule onlyOneRoomSpeaksHttp =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.tidemill.pipelines.rest")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.net.http..");

  @ArchTest
  static final ArchRule manifestsAskNoCluster =
      noClasses()
          .that()
          .resideInAnyPackage("io.tidemill.pipelines.kubernetes", "io.tidemill.pipelines.carried")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.tidemill.pipelines.rest", "io.tidemill.pipelines.jobs");
}
