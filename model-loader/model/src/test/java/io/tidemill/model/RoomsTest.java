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
    "model, io.tidemill.model.columnar org.apache.arrow.memory",
    "model.store, io.tidemill.model io.tidemill.model.columnar org.apache.flink.core.fs org.snakeyaml.. org.slf4j",
    "model.store.signing, io.tidemill.model io.tidemill.model.store javax.crypto com.fasterxml.jackson..",
    "model.store.oci, io.tidemill.model io.tidemill.model.store com.fasterxml.jackson.. land.oras.. org.slf4j",
    "model.archive, io.tidemill.model io.tidemill.model.store org.apache.commons.compress..",
    "model.importing, io.tidemill.model io.tidemill.model.columnar io.tidemill.model.store io.tidemill.model.loader io.tidemill.model.importing.archive org.snakeyaml.. com.fasterxml.jackson..",
    "model.golden, io.tidemill.model io.tidemill.model.columnar org.apache.arrow.memory org.apache.arrow.vector..",
    "model.loader, io.tidemill.model io.tidemill.model.columnar io.tidemill.model.golden io.tidemill.model.store io.tidemill.model.store.signing org.apache.arrow.memory org.slf4j",
    "model.engine, com.sun.jna io.tidemill.model io.tidemill.model.columnar",
    "model.engine.onnx, ai.onnxruntime.. io.tidemill.model io.tidemill.model.columnar io.tidemill.model.engine io.tidemill.model.loader org.apache.arrow.memory",
    "model.engine.pytorch, ai.djl.. io.tidemill.model io.tidemill.model.columnar io.tidemill.model.engine io.tidemill.model.loader org.apache.arrow.memory org.apache.arrow.memory.util",
    "model.engine.xgboost, com.sun.jna io.tidemill.model io.tidemill.model.columnar io.tidemill.model.engine io.tidemill.model.loader org.apache.arrow.memory..",
    "model.engine.lightgbm, com.sun.jna io.tidemill.model io.tidemill.model.columnar io.tidemill.model.engine io.tidemill.model.loader org.apache.arrow.memory..",
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
