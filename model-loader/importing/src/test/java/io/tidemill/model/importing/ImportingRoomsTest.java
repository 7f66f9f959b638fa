package io.tidemill.model.importing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImportingRoomsTest {
  private static final JavaClasses ROOMS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.tidemill.model.importing");

  @ParameterizedTest
  @CsvSource({
    "importing.archive, io.tidemill.model io.tidemill.model.store org.apache.commons.codec.digest org.apache.commons.compress.. org.apache.commons.io..",
    "importing, io.tidemill.model io.tidemill.model.columnar io.tidemill.model.engine io.tidemill.model.golden io.tidemill.model.importing.archive io.tidemill.model.store com.fasterxml.jackson.. org.apache.commons.io.. org.snakeyaml.engine..",
  })
  void importsOnlyWhatTheTableAllows(String room, String allowed) {
    String[] doors = ("java.. org.jspecify.. io.tidemill.model." + room + " " + allowed).split(" ");
    var rooms = classes().that().resideInAPackage("io.tidemill.model." + room).should();
    rooms.onlyDependOnClassesThat().resideInAnyPackage(doors).check(ROOMS);
  }
}
