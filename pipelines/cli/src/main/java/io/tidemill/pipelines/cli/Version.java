package io.tidemill.pipelines.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.runtime.util.EnvironmentInformation;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class Version implements IVersionProvider {
  private static final String RESOURCE = "version.properties";

  @Override
  public String[] getVersion() {
    Map<String, String> parts = parts();
    return new String[] {
      "tidemill " + parts.get("tidemill"),
      "Flink " + parts.get("flink") + ", Java " + parts.get("java")
    };
  }

  /** The versions of all that matters, by name. */
  static Map<String, String> parts() {
    return Map.of(
        "tidemill",
        tidemill(),
        "flink",
        EnvironmentInformation.getVersion(),
        "java",
        String.valueOf(Runtime.version().feature()));
  }

  static String tidemill() {
    return ofBuild("version");
  }

  /** Options without which the JVM keeps from Arrow and Flink what they reach for. */
  static String opens() {
    return ofBuild("opens");
  }

  private static String ofBuild(String name) {
    Properties properties = new Properties();
    try (InputStream resource = Version.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IOException(RESOURCE + ": not in the jar (expected: written by the build)");
      }
      properties.load(resource);
    } catch (IOException notBuilt) {
      throw new UncheckedIOException(notBuilt);
    }
    return properties.getProperty(name);
  }
}
