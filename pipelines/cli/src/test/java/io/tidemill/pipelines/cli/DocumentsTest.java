package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each page of docs that has an example, and each job of job-configs, is read by a test. */
class DocumentsTest {
  private static final Path ROOT = Path.of("../..");
  private static final Pattern PYTHON = Pattern.compile("```python\n(.*?)```", Pattern.DOTALL);

  private static final Pattern MAVEN = Pattern.compile("(?<=^|`)mvn [^`\n]+", Pattern.MULTILINE);

  private static final Set<String> OF_PLUGINS =
      Set.of("test", "skipTests", "surefire.failIfNoSpecifiedTests", "artifact", "outputDirectory");

  /** The folders of modules are as deep as this. */
  private static final int PAGES = 3;

  @Test
  void everyPageWithAnExampleAndEveryJobIsOpenedByATest() throws IOException {
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
                  // A name in a comment opens nothing.
                  assertThat(tests).anyMatch(test -> test.contains(file.getFileName() + "\"")));
    }
  }

  /** Some take hours, or a volume: what they name is there, at least. */
  @Test
  void everyLineOfMavenNamesModulesProfilesTestsAndPropertiesThatThereAre() throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> pages =
        Files.find(ROOT, PAGES, (file, attributes) -> file.toString().endsWith(".md"))) {
      pages
          .flatMap(page -> MAVEN.matcher(text(page).replaceAll("\\\\\n\\s*", "")).results())
          .forEach(line -> lines.add(line.group()));
    }
    List<Path> sources;
    try (Stream<Path> files =
        Files.find(ROOT, 20, (file, attributes) -> isOfBuild(file.normalize().toString()))) {
      sources = files.toList();
    }
    String texts = sources.stream().map(DocumentsTest::text).collect(Collectors.joining());

    assertThat(lines).hasSizeGreaterThan(9);
    for (String line : lines) {
      List<String> modules = named(line, "-pl (\\S+)");
      assertThat(modules)
          .as(line)
          .allSatisfy(module -> assertThat(ROOT.resolve(module).resolve("pom.xml")).exists());
      assertThat(named(line, "-P(\\w+)"))
          .as(line)
          .allMatch(
              profile ->
                  Pattern.compile("<profile>\\s*(<!--.*?-->\\s*)?<id>" + profile + "</id>")
                      .matcher(texts)
                      .find());
      // Of the module, or of one that it needs.
      assertThat(named(line, "-Dtest=(\\S+)"))
          .as(line)
          .allSatisfy(
              test -> assertThat(sources).anyMatch(source -> source.endsWith(test + ".java")));
      assertThat(named(line, "-D([\\w.-]+)"))
          .as(line)
          .allMatch(
              property ->
                  OF_PLUGINS.contains(property)
                      || texts.contains("\"" + property + "\"")
                      || texts.contains("<" + property + ">"));
    }
  }

  private static List<String> named(String line, String pattern) {
    return Pattern.compile("(?<=\\s)" + pattern)
        .matcher(line)
        .results()
        .flatMap(found -> Stream.of(found.group(1).split(",")))
        .toList();
  }

  /** Whose packages are on no machine that builds: these are the words of each framework. */
  @Test
  void everyBlockOfPythonParses() throws Exception {
    List<String> blocks = new ArrayList<>();
    try (Stream<Path> files =
        Files.find(ROOT, PAGES, (file, attributes) -> file.toString().endsWith(".md"))) {
      files
          .flatMap(page -> PYTHON.matcher(text(page)).results())
          .forEach(block -> blocks.add(block.group(1)));
    }
    assertThat(blocks).hasSizeGreaterThan(4);
    Process python =
        python("import ast, sys; [ast.parse(b) for b in sys.stdin.read().split('\\0')]");

    try (OutputStream in = python.getOutputStream()) {
      in.write(String.join("\0", blocks).getBytes(UTF_8));
    }
    String said = new String(python.getInputStream().readAllBytes(), UTF_8);

    int code = python.waitFor();
    assumeThat(code).as("a name for a Python that is not here").isNotEqualTo(127);
    assertThat(code).as(said).isZero();
  }

  private static Process python(String program) {
    try {
      return new ProcessBuilder("python3", "-c", program).redirectErrorStream(true).start();
    } catch (IOException notHere) {
      return abort("no python3: " + notHere.getMessage());
    }
  }

  private static boolean isTest(String file) {
    return file.contains("/src/test/java/") && file.endsWith(".java");
  }

  private static boolean isOfBuild(String file) {
    return !file.contains("/target/") && (isTest(file) || file.endsWith("pom.xml"));
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
