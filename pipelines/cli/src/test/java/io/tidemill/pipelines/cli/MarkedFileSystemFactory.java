package io.tidemill.pipelines.cli;

import java.net.URI;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.local.LocalFileSystem;

/** A file system for {@code marked:}, which must be configured and is this machine's. */
public final class MarkedFileSystemFactory implements FileSystemFactory {
  private String address = "";

  @Override
  public void configure(Configuration configuration) {
    address = configuration.get(ConfigOptions.key("marked.address").stringType().defaultValue(""));
  }

  @Override
  public String getScheme() {
    return "marked";
  }

  @Override
  public FileSystem create(URI uri) {
    if (!address.equals("here")) {
      throw new IllegalArgumentException("marked.address: '" + address + "' (expected: here)");
    }
    return LocalFileSystem.getSharedInstance();
  }
}
