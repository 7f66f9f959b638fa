package io.tidemill.pipelines.failures;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.StoreUnavailableException;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.flink.util.SerializedThrowable;
import org.junit.jupiter.api.Test;

class LabelTest {
  /** What ends no task, or only around another that is known. */
  private static final Set<String> OTHERS =
      Set.of(
          "io.tidemill.connectors.files.TellingFiles$CorruptException",
          "io.tidemill.connectors.record.FileFailureException",
          "io.tidemill.connectors.record.UnmovedFilesException",
          "io.tidemill.connectors.registry.RegistryException",
          "io.tidemill.model.ModelException");

  @Test
  void everyExceptionOfTheRoomsThatRunInATaskIsKnown() {
    Set<String> there =
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(
                    "io.tidemill.model", "io.tidemill.inference", "io.tidemill.connectors")
                .stream()
                .filter(type -> type.getSimpleName().endsWith("Exception"))
                .filter(LabelTest::isPublic)
                .map(JavaClass::getName)
                .collect(Collectors.toCollection(TreeSet::new));

    Set<String> known = new TreeSet<>(Label.names());
    known.removeIf(name -> !name.startsWith("io.tidemill."));
    known.addAll(OTHERS);
    assertThat(there).isEqualTo(known);
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC);
  }

  @Test
  void whatCausedAStepToFailSaysMoreThanTheStep() {
    assertThat(Label.of(new RuntimeException("task", new ModelOutOfMemoryException("full"))))
        .contains(Label.MEMORY);
    assertThat(Label.of(new StoreUnavailableException("away", null))).contains(Label.STORE);
    assertThat(Label.of(new InvalidModelException("another digest"))).contains(Label.MODEL);
    assertThat(Label.of(new OutOfMemoryError("heap"))).contains(Label.MEMORY);
  }

  @Test
  void aRecordAtFaultIsDataWhateverTheModelSaidToIt() {
    assertThat(
            Label.of(
                new RecordFailureException(
                    "no dead-letter", new ModelCallException("row 3", null))))
        .contains(Label.DATA);
  }

  @Test
  void whatOnlyAnotherClassLoaderKnowsIsKnownByItsName() {
    Throwable elsewhere = new SerializedThrowable(new ModelOutOfMemoryException("full"));

    assertThat(Label.of(new RuntimeException(elsewhere))).contains(Label.MEMORY);
  }

  @Test
  void whatIsNotKnownHasNoLabel() {
    assertThat(Label.of(new IllegalStateException("a disk", new IOException()))).isEmpty();
  }
}
