package io.tidemill.model.store.oci;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class OciRoomTest {
  private static final String ROOM = "io.tidemill.model.store.oci";

  @Test
  void importsOnlyTheStoreAndJackson() {
    var imported =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOM);

    classes()
        .that()
        .resideInAPackage(ROOM)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "org.jspecify..",
            ROOM,
            "io.tidemill.model",
            "io.tidemill.model.store",
            "com.fasterxml.jackson..",
            "org.apache.commons.codec..",
            "org.slf4j")
        .check(imported);
  }
}
