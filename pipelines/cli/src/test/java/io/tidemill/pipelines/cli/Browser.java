package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Chromium without a window, as Debian's packages chromium-headless-shell and chromium have it. */
record Browser(Path program) {
  private static final long PATIENCE_SECONDS = 60;

  /** That of this machine, if it has one. */
  static Optional<Browser> find() {
    List<String> folders =
        List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1));
    return Stream.of("chromium-headless-shell", "chromium")
        .flatMap(name -> folders.stream().map(folder -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst()
        .map(Browser::new);
  }

  /** What a page has become once its scripts have run. */
  String dom(Path page, int width) throws IOException, InterruptedException {
    return show(page, width, "--dump-dom");
  }

  /** Draws a page into a file. */
  void draw(Path page, int width, Path png) throws IOException, InterruptedException {
    show(page, width, "--screenshot=" + png.toAbsolutePath());
  }

  private String show(Path page, int width, String what) throws IOException, InterruptedException {
    Path out = page.resolveSibling("browser.out");
    Path errors = page.resolveSibling("browser.err");
    List<String> words =
        new ArrayList<>(
            List.of(
                program.toString(),
                "--headless",
                // Which root, as in a container, has none of.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--user-data-dir=" + page.resolveSibling("browser"),
                "--window-size=%d,2400".formatted(width),
                what,
                page.toUri().toString()));
    Process process =
        new ProcessBuilder(words)
            .redirectOutput(out.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(errors, UTF_8)).isZero();
    return Files.readString(out, UTF_8);
  }
}
