package io.tidemill.model.importing;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.Engines;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs parts of this module in a class loader that lacks some of the jars. */
class MissingJarsTest {

  /** What runs there: answers what is said when an engine is asked to load. */
  public static final class Loading implements UnaryOperator<String> {
    @Override
    public String apply(String engine) {
      Signature signature =
          new Signature(
              List.of(TensorSpec.of("in", ElementType.FLOAT32, -1)),
              List.of(TensorSpec.of("out", ElementType.FLOAT32, -1)));
      ModelVersion version =
          new ModelVersion("fraud", SemanticVersion.parse("1.4.2"), "sha256:" + "0".repeat(64));
      try {
        Path file = Files.createTempFile("model", "");
        file.toFile().deleteOnExit();
        // As much of a model as is read without the engine's own jars.
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
          zip.putNextEntry(new ZipEntry("model/data.pkl"));
        }
        Engines.here().find(engine).load(version, signature, file, Placement.CPU);
        throw new AssertionError("loaded");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (UnavailableHereException e) {
        return String.valueOf(e.getMessage());
      }
    }
  }

  /** What runs there: answers the name of the engine's loader. */
  public static final class Finding implements UnaryOperator<String> {
    @Override
    public String apply(String engine) {
      return Engines.here().find(engine).name() + " " + Engines.here().named("xgboost").isPresent();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "onnx, /onnxruntime-, com.microsoft.onnxruntime:onnxruntime:1.28.0",
    "pytorch, /ai/djl/, ai.djl.pytorch:pytorch-engine:0.35.1",
    "pytorch, /pytorch-engine/, ai.djl.pytorch:pytorch-engine:0.35.1"
  })
  void namesTheJarThatAnEngineNeeds(String engine, String missing, String coordinates)
      throws Exception {
    assertThat(run(Loading.class, missing, engine))
        .startsWith("engine " + engine + ": ")
        .contains("is not on the classpath")
        .contains(coordinates)
        .contains("Flink's lib folder");
  }

  @Test
  void anEngineThatCannotBeHadDoesNotHideTheOthers() throws Exception {
    assertThat(run(Finding.class, "/ai/djl/", "onnx")).isEqualTo("onnx true");
  }

  private static String run(
      Class<? extends UnaryOperator<String>> what, String missing, String argument)
      throws Exception {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try (URLClassLoader without =
        new URLClassLoader(jarsWithout(missing), ClassLoader.getPlatformClassLoader())) {
      Thread.currentThread().setContextClassLoader(without);
      Object loaded = without.loadClass(what.getName()).getConstructor().newInstance();
      @SuppressWarnings("unchecked") // It is what is asked for, defined by another class loader.
      UnaryOperator<String> there = (UnaryOperator<String>) loaded;
      return there.apply(argument);
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  private static URL[] jarsWithout(String missing) throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (!entry.contains(missing)) {
        urls.add(Path.of(entry).toUri().toURL());
      }
    }
    return urls.toArray(URL[]::new);
  }
}
