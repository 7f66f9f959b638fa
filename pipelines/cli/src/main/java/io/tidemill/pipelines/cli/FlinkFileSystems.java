package io.tidemill.pipelines.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.ConfigConstants;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.plugin.DefaultPluginManager;
import org.apache.flink.core.plugin.DirectoryBasedPluginFinder;
import org.apache.flink.core.plugin.PluginDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * The file systems of the Flink that people have: those of its plugins, with the addresses and
 * credentials of its configuration. Named by Flink's own variables, as on a cluster.
 */
final class FlinkFileSystems {
  private static final String CONFIGURATION = ConfigConstants.ENV_FLINK_CONF_DIR;
  private static final String PLUGINS = ConfigConstants.ENV_FLINK_PLUGINS_DIR;

  private FlinkFileSystems() {}

  /**
   * Makes them those of this process, where a variable names them.
   *
   * @throws CommandFailedException if what it names cannot be read
   */
  static void use(Map<String, String> environment) {
    String configured = environment.get(CONFIGURATION);
    String plugins = environment.get(PLUGINS);
    if (configured == null && plugins == null) {
      return;
    }
    Configuration configuration = configuration(configured);
    FileSystem.initialize(
        configuration,
        new DefaultPluginManager(
            plugins(plugins), CoreOptions.getPluginParentFirstLoaderPatterns(configuration)));
  }

  private static Configuration configuration(@Nullable String folder) {
    try {
      return folder == null ? new Configuration() : GlobalConfiguration.loadConfiguration(folder);
    } catch (RuntimeException unreadable) {
      throw failure(CONFIGURATION, folder, "Flink's folder with config.yaml", unreadable);
    }
  }

  private static Collection<PluginDescriptor> plugins(@Nullable String folder) {
    try {
      return folder == null
          ? List.of()
          : new DirectoryBasedPluginFinder(Path.of(folder)).findPlugins();
    } catch (IOException | RuntimeException unreadable) {
      throw failure(PLUGINS, folder, "a folder with a folder of jars for each plugin", unreadable);
    }
  }

  private static CommandFailedException failure(
      String variable, @Nullable String folder, String expected, Exception unreadable) {
    return new CommandFailedException(
        ExitCode.USAGE,
        "%s: '%s': cannot be read: %s (expected: %s)"
            .formatted(variable, folder, unreadable.getMessage(), expected),
        unreadable);
  }
}
