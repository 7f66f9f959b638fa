package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DemoFolderTest {
  @TempDir Path temporary;

  @Test
  void secondRunBeginsAfresh() throws IOException {
    try (DemoFolder first = DemoFolder.open(temporary)) {
      Files.createDirectories(first.store().resolve("fraud/1.4.2"));
      Files.writeString(first.store().resolve("fraud/1.4.2/model.yaml"), "name: fraud");
    }

    try (DemoFolder second = DemoFolder.open(temporary)) {
      assertThat(second.store()).doesNotExist();
    }
  }

  @Test
  void filesStayWhenTheRunEnds() throws IOException {
    Path file;
    try (DemoFolder folder = DemoFolder.open(temporary.resolve("new/demo"))) {
      file = Files.createDirectories(folder.broker()).resolve("log");
      Files.writeString(file, "records");
    }

    assertThat(file).hasContent("records");
  }

  @Test
  void refusesFolderOfSomebodyElse() throws IOException {
    Path letter = Files.writeString(temporary.resolve("letter.txt"), "dear");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> DemoFolder.open(temporary))
        .withMessageStartingWith("work folder: " + temporary)
        .withMessageContaining("this one holds other files");
    assertThat(letter).hasContent("dear");
  }

  @Test
  void leavesOtherFilesInItsFolderAlone() throws IOException {
    DemoFolder.open(temporary).close();
    Path note = Files.writeString(temporary.resolve("note.txt"), "mine");

    DemoFolder.open(temporary).close();

    assertThat(note).hasContent("mine");
  }

  @Test
  void refusesSecondDemoInTheSameFolder() {
    DemoFolder first = DemoFolder.open(temporary);
    try (first) {
      assertThatIllegalStateException()
          .isThrownBy(() -> DemoFolder.open(temporary))
          .withMessageContaining("is in use by another demo");
    }
  }
}
