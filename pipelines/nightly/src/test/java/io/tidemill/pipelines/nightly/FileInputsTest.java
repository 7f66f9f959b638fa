package io.tidemill.pipelines.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileInputsTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"a b", "100%", "a%20b", "a+b", "a#b", "a?b", "a\nb", "{{ ds }}", "日本"})
  void filesOfAnyNameAreRead(String name) throws IOException {
    Files.createFile(directory.resolve(name));

    assertThat(inputs().list().orElseThrow())
        .extracting(InputFile::path)
        .containsExactly(directory.toUri().getScheme() + ":" + directory + "/" + name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"10:00:00.json", "a\\b"})
  void nameThatFlinkDoesNotReadIsNoInputThatIsLate(String name) throws IOException {
    Files.createFile(directory.resolve(name));

    isRefused();
  }

  @Test
  void linkToNothingIsNoInputThatIsLate() throws IOException {
    Files.createSymbolicLink(directory.resolve(".#a.json"), Path.of("nobody@nowhere"));

    isRefused();
  }

  @ParameterizedTest
  @CsvSource({
    "*/dt=1, a/dt=1/x b/dt=1/y/z",
    "a/*, a/dt=1/x a/dt=11/x a/v.json",
    "a/*/, a/dt=1/x a/dt=11/x a/v.json",
    "*//dt=1/, a/dt=1/x b/dt=1/y/z",
    "a/d**/x, a/dt=1/x a/dt=11/x",
    "a/dt=1**/y, ''",
    "a/*.json, a/v.json",
    "**/dt=1, a/dt=1/x b/dt=1/y/z c/d/dt=1/x",
    "c/**/x, c/d/dt=1/x",
    "a/dt=1**, a/dt=1/x a/dt=11/x",
    "a/dt=1?, a/dt=11/x",
    "*.json, ''",
    "?/v.js*, a/v.json",
    "a/[v].*, ''",
  })
  void starsStandForNamesOfFoldersAndFiles(String path, String expected) throws IOException {
    for (String file :
        List.of(
            "a/dt=1/x", "a/dt=1/_SUCCESS", "a/dt=11/x", "a/v.json", "b/dt=1/y/z", "c/d/dt=1/x")) {
      Files.createDirectories(directory.resolve(file).getParent());
      Files.createFile(directory.resolve(file));
    }

    List<InputFile> found =
        FileInputs.of(Map.of("connector", "filesystem", "path", directory + "/" + path), false)
            .list()
            .orElse(List.of());

    assertThat(found)
        .extracting(file -> file.path().substring(("file:" + directory + "/").length()))
        .containsExactly(expected.isEmpty() ? new String[0] : expected.split(" "));
  }

  private void isRefused() {
    assertThatExceptionOfType(NightlyException.class)
        .isThrownBy(() -> inputs().list())
        .withMessageContaining("input '%s' cannot be listed: ", directory)
        .satisfies(e -> assertThat(e.reason()).isEqualTo(NightlyException.Reason.FAILED));
  }

  private Inputs inputs() {
    return FileInputs.of(Map.of("path", directory.toString()), false);
  }
}
