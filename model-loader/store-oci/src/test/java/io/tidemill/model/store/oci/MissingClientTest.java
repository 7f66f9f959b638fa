package io.tidemill.model.store.oci;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.store.ModelStore;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Opens stores in a class loader that lacks some of the jars. */
class MissingClientTest {

  /** What runs there: answers what is said when a store is opened. */
  public static final class Opening implements UnaryOperator<String> {
    @Override
    public String apply(String uri) {
      try {
        return "opened " + ModelStore.open(uri).uri();
      } catch (StoreUnavailableException e) {
        return String.valueOf(e.getMessage());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/land/oras/", "/tools/jackson/"})
  void namesTheJarThatAStoreNeeds(String missing) throws Exception {
    assertThat(open(missing, "oci://localhost:1/models"))
        .isEqualTo(
            "store 'oci://localhost:1/models': the registry client is not on the classpath, or not whole; put land.oras:oras-java-sdk:0.7.0 and its dependencies into Flink's lib folder");
    assertThat(System.getProperty("java.class.path")).contains("/oras-java-sdk-0.7.0.jar");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/land/oras/", "/tools/jackson/"})
  void otherStoresNeedNoClient(String missing) throws Exception {
    assertThat(open(missing, "/models")).isEqualTo("opened file:/models");
  }

  private static String open(String missing, String uri) throws Exception {
    List<URL> jars = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (!entry.contains(missing)) {
        jars.add(Path.of(entry).toUri().toURL());
      }
    }
    try (URLClassLoader without =
        new URLClassLoader(jars.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Object opening = without.loadClass(Opening.class.getName()).getConstructor().newInstance();
      @SuppressWarnings("unchecked") // It is what is asked for, defined by another class loader.
      UnaryOperator<String> there = (UnaryOperator<String>) opening;
      return there.apply(uri);
    }
  }
}
