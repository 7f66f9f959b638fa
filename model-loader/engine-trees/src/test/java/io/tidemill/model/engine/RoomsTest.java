package io.tidemill.model.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoomsTest {
  private static final String ENGINE =
      "java.. org.jspecify.. com.sun.jna.. io.tidemill.model io.tidemill.model.columnar io.tidemill.model.engine org.apache.arrow.memory.. ";

  private static JavaClasses rooms(ImportOption option) {
    return new ClassFileImporter()
        .withImportOption(option)
        .importPackages("io.tidemill.model.engine.xgboost", "io.tidemill.model.engine.lightgbm");
  }

  @ParameterizedTest
  @CsvSource({
    "xgboost, XGBoostEngine, com.fasterxml.jackson..",
    "lightgbm, LightGbmEngine, java.."
  })
  void importsOnlyWhatTheTableAllowsAndShowsItsEngine(String room, String engine, String allowed) {
    String name = "io.tidemill.model.engine." + room;
    JavaClasses rooms = rooms(new ImportOption.DoNotIncludeTests());
    var doors = classes().that().resideInAPackage(name).should();
    doors
        .onlyDependOnClassesThat()
        .resideInAnyPackage((ENGINE + name + " " + allowed).split(" "))
        .check(rooms);
    classes()
        .that()
        .resideInAPackage(name)
        .and()
        .arePublic()
        .should()
        .haveSimpleName(engine)
        .check(rooms);
  }

  @Test
  void noTestSleeps() {
    var rule = noClasses().should().callMethod(Thread.class, "sleep", long.class);
    rule.check(rooms(new ImportOption.OnlyIncludeTests()));
  }
}
