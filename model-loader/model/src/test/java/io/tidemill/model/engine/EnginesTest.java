package io.tidemill.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnginesTest {
  @TempDir Path folder;
  private final ClassLoader before = Thread.currentThread().getContextClassLoader();

  /** An engine that is on the classpath and loads nothing. */
  public static final class Abacus implements LoadingEngine {
    @Override
    public String name() {
      return "abacus";
    }

    @Override
    public Model load(ModelVersion version, Signature signature, Path files, Placement placement) {
      throw new UnsupportedOperationException("an engine for tests");
    }
  }

  @BeforeEach
  void putAbacusIntoTheContext() throws Exception {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve(Engine.class.getName()), Abacus.class.getName());
    Thread.currentThread()
        .setContextClassLoader(new URLClassLoader(new URL[] {folder.toUri().toURL()}, before));
  }

  @AfterEach
  void restoreTheContext() throws Exception {
    ((URLClassLoader) Thread.currentThread().getContextClassLoader()).close();
    Thread.currentThread().setContextClassLoader(before);
  }

  @Test
  void findsAnEngineOfTheContext() {
    assertThat(Engines.here().find("abacus")).isInstanceOf(Abacus.class);
  }

  @Test
  void namesTheEnginesThatAreThere() {
    assertThatThrownBy(() -> Engines.here().find("tensorflux"))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageMatching(
            "engine 'tensorflux': not on the classpath \\(there: .*abacus.*\\); put its jar into Flink's lib folder, or for the command into the folder that TIDEMILL_LIB names");
  }

  @ParameterizedTest
  @CsvSource({"onnx, tidemill-engine-onnx", "lightgbm, tidemill-engine-trees"})
  void namesTheArtifactThatHasAnEngine(String engine, String artifact) {
    assertThatThrownBy(() -> Engines.here().find(engine))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageContaining("put the jar of " + artifact + " into Flink's lib folder");
  }

  @Test
  void saysThatTheListOfEnginesIsBroken() throws Exception {
    Files.writeString(
        folder.resolve("META-INF/services/" + Engine.class.getName()), "no.such.Engine");

    assertThatThrownBy(() -> Engines.here().find("tensorflux"))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageContaining("engine 'tensorflux': the list of engines cannot be read")
        .hasMessageContaining("no.such.Engine");
  }
}
