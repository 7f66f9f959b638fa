package io.tidemill.connectors;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnectorsArchitectureTest {
  private static final JavaClasses ROOMS =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages("io.tidemill.connectors");

  @ParameterizedTest
  @CsvSource({
    "connectors, .record .kafka .table .options",
    "connectors.problem, org.apache.commons.text..",
    "connectors.options, .problem org.apache.flink..",
    "connectors.avro, .problem org.apache.avro.. org.apache.flink..",
    "connectors.record, .problem .options .avro org.apache.flink..",
    "connectors.registry, .problem .options .avro com.fasterxml.jackson.. org.apache.flink..",
    "connectors.kafka, .problem .options .avro .registry .record org.apache.flink.. org.apache.kafka.. javax.security.auth.login org.slf4j",
    "connectors.files, .problem .options .avro .record net.jpountz.lz4 org.apache.avro.. org.apache.commons.compress.compressors.bzip2 org.apache.commons.text org.apache.flink.. org.apache.parquet.. org.apache.orc org.apache.hadoop.conf org.apache.hadoop.fs org.xerial.snappy",
    "connectors.iceberg, .options org.apache.flink.. org.apache.iceberg.. org.slf4j",
    "connectors.table, .problem .options .avro .record .files .iceberg org.apache.flink.. org.slf4j",
  })
  void importsOnlyWhatTheTableAllows(String room, String allowed) {
    String doors = "java.. javax.net.ssl org.jspecify.. com.google.errorprone.annotations .this ";
    String[] open = (doors + allowed).replace(".this", "io.tidemill." + room).split(" ");
    for (int i = 0; i < open.length; i++) {
      open[i] = open[i].startsWith(".") ? "io.tidemill.connectors" + open[i] : open[i];
    }
    var rule = classes().that().resideInAPackage("io.tidemill." + room).should();
    rule.onlyDependOnClassesThat().resideInAnyPackage(open).check(ROOMS);
  }

  @Test
  void noOneSleeps() {
    noClasses().should().callMethod(Thread.class, "sleep", long.class).check(ROOMS);
  }
}
