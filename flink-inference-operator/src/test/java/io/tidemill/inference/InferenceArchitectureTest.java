package io.tidemill.inference;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;

@AnalyzeClasses(packages = "io.tidemill.inference", importOptions = DoNotIncludeTests.class)
class InferenceArchitectureTest {
  private static final String ROOMS = "io.tidemill.inference";
  private static final String MODELS = "io.tidemill.model.[columnar|loader]";

  @ArchTest static final ArchRule BATCH = room(ROOMS + ".batch");

  @ArchTest
  static final ArchRule CODEC =
      room(
          ROOMS + ".codec",
          "io.tidemill.model",
          "io.tidemill.model.columnar",
          "org.apache.flink.[table|types]..",
          "org.apache.commons.text..");

  @ArchTest
  static final ArchRule OPERATOR =
      room(
          ROOMS + ".operator",
          ROOMS + ".[batch|codec]",
          "io.tidemill.model",
          MODELS,
          "org.apache.flink..",
          "org.apache.arrow.memory..",
          "org.slf4j..");

  @ArchTest
  static final ArchRule DOOR =
      room(ROOMS, ROOMS + ".[batch|codec|operator]", MODELS, "org.apache.flink..");

  @ArchTest
  static final ArchRule NO_SLEEP =
      noClasses().should().callMethod(Thread.class, "sleep", long.class);

  private static ArchRule room(String room, String... doors) {
    String[] all =
        Stream.concat(Stream.of(room, "java..", "org.jspecify.."), Stream.of(doors))
            .toArray(String[]::new);
    return classes()
        .that()
        .resideInAPackage(room)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(all);
  }
}
