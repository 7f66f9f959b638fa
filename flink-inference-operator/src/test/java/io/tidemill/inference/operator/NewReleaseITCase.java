package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Writes the state that a release keeps for the tests of every later one, where it is told the
 * release:
 *
 * <pre>{@code
 * mvn -pl flink-inference-operator -am test -Dtest=NewReleaseITCase \
 *     -Dsurefire.failIfNoSpecifiedTests=false -Dtidemill.release=0.2.0
 * }</pre>
 *
 * <p>Then commit {@code src/test/resources/savepoints/0.2.0}. What a release wrote is never written
 * again.
 */
class NewReleaseITCase {
  @Test
  @EnabledIfSystemProperty(named = "tidemill.release", matches = "\\d+\\.\\d+\\.\\d+")
  @Timeout(value = 600, unit = TimeUnit.SECONDS)
  void writesItsSavepoints() throws Exception {
    Path release =
        Path.of("src", "test", "resources", "savepoints", System.getProperty("tidemill.release"));
    assertThat(release.resolve("job")).doesNotExist();

    StoredSavepoint.write(release.resolve("step"));
    StoredJob.write(release.resolve("job"));

    assertThat(release.resolve("step")).isNotEmptyFile();
    assertThat(release.resolve("job").resolve("_metadata")).isNotEmptyFile();
  }
}
