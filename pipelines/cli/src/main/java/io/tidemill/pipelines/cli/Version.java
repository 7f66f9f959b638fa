package io.tidemill.pipelines.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.apache.flink.runtime.util.EnvironmentInformation;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class Version implements IVersionProvider {
  private static final String RESOURCE = "version.properties";

  @Override
  public String[] getVersion() throws IOException {
    Properties properties = new Properties();
    try (InputStream resource = Version.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IOException(RESOURCE + ": not in the jar (expected: written by the build)");
      }
      properties.load(resource);
    }
    return new String[] {
      "tidemill " + properties.getProperty("version"),
      "Flink " + EnvironmentInformation.getVersion() + ", Java " + Runtime.version().feature()
    };
  }
}
