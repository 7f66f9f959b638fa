package io.tidemill.model;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoomsTest {
  // Seconds to read, and the same for every room.
  private static final JavaClasses ROOMS = imported(new ImportOption.DoNotIncludeTests());

  private static JavaClasses imported(ImportOption option) {
    return new ClassFileImporter().withImportOption(option).importPackages("io.tidemill.model");
  }

  @ParameterizedTest
  @CsvSource({
    "model.columnar, org.apache.arrow..",
    "model, io.tidemill.model.columnar org.apache.arrow.memory org.apache.commons.text.similarity",
    "model.golden, io.tidemill.model io.tidemill.model.columnar org.apache.arrow.memory org.apache.arrow.util org.apache.arrow.vector..",
    "model.engine, com.sun.jna com.sun.jna.ptr io.tidemill.model io.tidemill.model.columnar org.apache.arrow.memory",
  })
  void importsOnlyWhatTheTableAllows(String room, String allowed) {
    String[] doors = ("java.. org.jspecify.. io.tidemill." + room + " " + allowed).split(" ");
    var rooms = classes().that().resideInAPackage("io.tidemill." + room).should();
    var rule = rooms.onlyDependOnClassesThat().resideInAnyPackage(doors);
    rule.check(ROOMS);
  }

  @Test
  void noTestSleeps() {
    var rule = noClasses().should().callMethod(Thread.class, "sleep", long.class);
    rule.check(imported(new ImportOption.OnlyIncludeTests()));
  }
}
