package io.tidemill.inference;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.tidemill.inference", importOptions = DoNotIncludeTests.class)
class InferenceArchitectureTest {
  private static final String IN = "io.tidemill.inference";
  private static final String MODEL = " io.tidemill.model io.tidemill.model.columnar ";
  private static final String FLINK = " org.apache.flink.. io.tidemill.model.loader ";
  private static final String ROWS = "org.apache.flink.[table|types]..";
  private static final String REST =
      "org.apache.arrow.memory.. org.slf4j.. javax.management.. com.sun.management";

  @ArchTest static final ArchRule BATCH = room(IN + ".batch", "");
  @ArchTest static final ArchRule STEP = room(IN + ".step", IN + ".batch");

  @ArchTest
  static final ArchRule CODEC =
      room(IN + ".codec", IN + ".step" + MODEL + ROWS + " org.apache.flink.core.memory");

  @ArchTest
  static final ArchRule OPERATOR =
      room(IN + ".operator", IN + ".[batch|codec|step]" + MODEL + FLINK + REST);

  @ArchTest static final ArchRule DOOR = room(IN, IN + ".[codec|operator|step]" + FLINK);

  @ArchTest
  static final ArchRule NO_SLEEP =
      noClasses().should().callMethod(Thread.class, "sleep", long.class);

  private static ArchRule room(String room, String doors) {
    String[] all = (room + " java.. org.jspecify.. " + doors).strip().split(" +");
    return classes()
        .that()
        .resideInAPackage(room)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(all);
  }
}
