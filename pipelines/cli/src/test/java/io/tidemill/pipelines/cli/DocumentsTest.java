package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each page of docs that has an example, and each job of job-configs, is read by a test. */
class DocumentsTest {
  private static final Path ROOT = Path.of("../..");

  @Test
  void everyPageWithAnExampleAndEveryJobIsNamedByATest() throws IOException {
    List<String> tests;
    try (Stream<Path> files =
        Files.find(ROOT, 20, (file, attributes) -> isTest(file.normalize().toString()))) {
      tests = files.map(DocumentsTest::text).toList();
    }
    try (Stream<Path> pages = Files.list(ROOT.resolve("docs"));
        Stream<Path> jobs = Files.list(ROOT.resolve("job-configs"))) {
      assertThat(
              Stream.concat(
                  pages.filter(
                      page -> page.toString().endsWith(".md") && text(page).contains("```")),
                  jobs.filter(Files::isRegularFile)))
          .hasSizeGreaterThan(15)
          .allSatisfy(
              file ->
                  assertThat(tests).anyMatch(test -> test.contains(file.getFileName().toString())));
    }
  }

  private static boolean isTest(String file) {
    return file.contains("/src/test/java/") && file.endsWith(".java");
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
