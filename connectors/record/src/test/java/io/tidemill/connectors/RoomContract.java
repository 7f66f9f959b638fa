package io.tidemill.connectors;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A row of the table of rooms: what one package may import, besides the JDK and annotations. */
public abstract class RoomContract {
  private final String room;
  private final String[] doors;
  private final JavaClasses classes;

  /**
   * A row.
   *
   * @param room a package
   * @param allowed others, with a dot before Tidemill's own and two behind those with all below
   */
  protected RoomContract(String room, String allowed) {
    this.room = "io.tidemill." + room;
    String all = "java.. org.jspecify.. com.google.errorprone.annotations %s %s";
    doors =
        Arrays.stream(all.formatted(this.room, allowed).split(" "))
            .map(door -> door.startsWith(".") ? "io.tidemill.connectors" + door : door)
            .toArray(String[]::new);
    classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(new ImportOption.DoNotIncludeJars())
            .importPackages(this.room);
  }

  @Test
  void importsOnlyWhatTheTableAllows() {
    var rule = classes().that().resideInAPackage(room).should();
    rule.onlyDependOnClassesThat().resideInAnyPackage(doors).check(classes);
  }

  @Test
  void noOneSleeps() {
    noClasses().should().callMethod(Thread.class, "sleep", long.class).check(classes);
  }
}
