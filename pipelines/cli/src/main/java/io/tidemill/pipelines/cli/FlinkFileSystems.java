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
 *
 * @param configuration the folder of its configuration; null if none is named
 * @param plugins the folder of its plugins; null if none is named
 */
record FlinkFileSystems(@Nullable String configuration, @Nullable String plugins) {
  private static final String CONFIGURATION = ConfigConstants.ENV_FLINK_CONF_DIR;
  private static final String PLUGINS = ConfigConstants.ENV_FLINK_PLUGINS_DIR;

  static FlinkFileSystems of(Map<String, String> environment) {
    return new FlinkFileSystems(environment.get(CONFIGURATION), environment.get(PLUGINS));
  }

  /**
   * Makes them those of this process, where a variable names them.
   *
   * @throws CommandFailedException if what it names cannot be read
   */
  void use() {
    if (configuration == null && plugins == null) {
      return;
    }
    Configuration read = readConfiguration();
    FileSystem.initialize(
        read,
        new DefaultPluginManager(
            findPlugins(), CoreOptions.getPluginParentFirstLoaderPatterns(read)));
  }

  private Configuration readConfiguration() {
    try {
      return configuration == null
          ? new Configuration()
          : GlobalConfiguration.loadConfiguration(configuration);
    } catch (RuntimeException unreadable) {
      throw failure(CONFIGURATION, configuration, "Flink's folder with config.yaml", unreadable);
    }
  }

  private Collection<PluginDescriptor> findPlugins() {
    try {
      return plugins == null
          ? List.of()
          : new DirectoryBasedPluginFinder(Path.of(plugins)).findPlugins();
    } catch (IOException | RuntimeException unreadable) {
      throw failure(PLUGINS, plugins, "a folder with a folder of jars for each plugin", unreadable);
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
