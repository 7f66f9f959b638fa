package io.tidemill.pipelines.cli;

import java.util.Optional;
import java.util.Set;
import org.apache.flink.api.common.externalresource.ExternalResourceDriver;
import org.apache.flink.api.common.externalresource.ExternalResourceDriverFactory;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;
import org.apache.flink.configuration.Configuration;

/** Tells Flink of a GPU with the index {@value #INDEX}, which no machine here has. */
public final class OneGpu implements ExternalResourceDriverFactory {
  static final String INDEX = "7";

  /** The GPU. */
  private record Gpu() implements ExternalResourceInfo {
    @Override
    public Optional<String> getProperty(String key) {
      return key.equals("index") ? Optional.of(INDEX) : Optional.empty();
    }

    @Override
    public Set<String> getKeys() {
      return Set.of("index");
    }
  }

  @Override
  public ExternalResourceDriver createExternalResourceDriver(Configuration configuration) {
    return amount -> Set.of(new Gpu());
  }
}
