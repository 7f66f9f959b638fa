package io.tidemill.model;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A row of the table of rooms: what one package may import besides the JDK. */
public abstract class RoomContract {
  private final String room;
  private final String[] doors;

  /**
   * A row.
   *
   * @param doors packages, with two dots behind those whose own packages are meant too
   */
  protected RoomContract(String room, String... doors) {
    this.room = room;
    this.doors = doors;
  }

  @Test
  void importsOnlyWhatTheTableAllows() {
    var all = Stream.concat(Stream.of("java..", "org.jspecify..", room), Arrays.stream(doors));
    classes()
        .that()
        .resideInAPackage(room)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(all.toArray(String[]::new))
        .check(
            new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .withImportOption(new ImportOption.DoNotIncludeJars())
                .importPackages(room));
  }
}
