package io.tidemill.pipelines.run;

import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Comparator;
import java.util.ServiceLoader;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.runtime.rpc.AddressResolution;
import org.apache.flink.runtime.rpc.RpcSystem;
import org.apache.flink.runtime.rpc.RpcSystemLoader;
import org.jspecify.annotations.Nullable;

/**
 * Lets all jobs that run in this process, such as those of many dates, share Pekko's and Scala's
 * classes, which Flink loads and the JVM compiles anew for each: half of the processor time that a
 * small job takes. Public for {@link ServiceLoader}, and thread-safe; on a cluster, where no one
 * asks for it, it comes after Flink's own.
 */
public final class SharedRpcSystem implements RpcSystemLoader {
  private static volatile boolean wanted;
  private static @Nullable RpcSystem shared;

  /** For Flink. */
  public SharedRpcSystem() {}

  /** From now on every cluster of this process has it. */
  static void want() {
    wanted = true;
  }

  @Override
  public int getLoadPriority() {
    return wanted ? Integer.MIN_VALUE : Integer.MAX_VALUE;
  }

  @Override
  public RpcSystem loadRpcSystem(Configuration configuration) {
    synchronized (SharedRpcSystem.class) {
      RpcSystem system = shared;
      if (system == null) {
        Configuration own = new Configuration(configuration);
        // Its jar lives as long as the process, whatever folder the first job has.
        own.set(CoreOptions.TMP_DIRS, RunFolder.ofProcess().path().toString());
        system = flinks().loadRpcSystem(own);
        shared = system;
      }
      return new Unclosed(system);
    }
  }

  private static RpcSystemLoader flinks() {
    return ServiceLoader.load(RpcSystemLoader.class).stream()
        .filter(loader -> loader.type() != SharedRpcSystem.class)
        .map(ServiceLoader.Provider::get)
        .min(Comparator.comparingInt(RpcSystemLoader::getLoadPriority))
        .orElseThrow();
  }

  private record Unclosed(RpcSystem system) implements RpcSystem {
    @Override
    public RpcServiceBuilder localServiceBuilder(Configuration configuration) {
      return system.localServiceBuilder(configuration);
    }

    @Override
    public RpcServiceBuilder remoteServiceBuilder(
        Configuration configuration, @Nullable String address, String ports) {
      return system.remoteServiceBuilder(configuration, address, ports);
    }

    @Override
    public String getRpcUrl(
        String host,
        int port,
        String endpoint,
        AddressResolution resolution,
        Configuration configuration)
        throws UnknownHostException {
      return system.getRpcUrl(host, port, endpoint, resolution, configuration);
    }

    @Override
    public InetSocketAddress getInetSocketAddressFromRpcUrl(String url) throws Exception {
      return system.getInetSocketAddressFromRpcUrl(url);
    }

    @Override
    public long getMaximumMessageSizeInBytes(Configuration configuration) {
      return system.getMaximumMessageSizeInBytes(configuration);
    }

    @Override
    public void close() {
      // The next cluster of the process has it.
    }
  }
}
