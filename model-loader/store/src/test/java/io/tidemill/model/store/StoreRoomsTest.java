package io.tidemill.model.store;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StoreRoomsTest {
  private static JavaClasses imported(ImportOption option) {
    return new ClassFileImporter()
        .withImportOption(option)
        .importPackages("io.tidemill.model.store", "io.tidemill.model.loader");
  }

  @ParameterizedTest
  @CsvSource({
    "model.store, io.tidemill.model.columnar org.apache.flink.core.fs org.snakeyaml.. org.apache.commons.. org.slf4j",
    "model.store.cache, io.tidemill.model.store org.apache.commons.io.. org.slf4j",
    "model.store.signing, io.tidemill.model.store javax.crypto com.fasterxml.jackson.. org.apache.commons.codec..",
    "model.loader, io.tidemill.model.columnar io.tidemill.model.engine io.tidemill.model.golden io.tidemill.model.store io.tidemill.model.store.cache io.tidemill.model.store.signing org.apache.arrow.memory org.apache.arrow.util org.slf4j",
  })
  void importsOnlyWhatTheTableAllows(String room, String allowed) {
    String all = "java.. org.jspecify.. io.tidemill.model io.tidemill." + room + " " + allowed;
    var rooms = classes().that().resideInAPackage("io.tidemill." + room).should();
    var rule = rooms.onlyDependOnClassesThat().resideInAnyPackage(all.split(" "));
    rule.check(imported(new ImportOption.DoNotIncludeTests()));
  }

  @Test
  void noTestSleeps() {
    var rule = noClasses().should().callMethod(Thread.class, "sleep", long.class);
    rule.check(imported(new ImportOption.OnlyIncludeTests()));
  }
}
