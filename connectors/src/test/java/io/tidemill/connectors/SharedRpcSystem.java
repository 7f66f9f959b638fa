package io.tidemill.connectors;

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
 * Lets all clusters of a test's process share Pekko's and Scala's classes, which Flink loads anew
 * for each: half of the processor time that a small job takes. Only where {@value #PROPERTY} is
 * set, which a process that a test starts does not inherit.
 */
public final class SharedRpcSystem implements RpcSystemLoader {
  public static final String PROPERTY = "tidemill.test.shared-rpc";

  private static @Nullable RpcSystem shared;

  @Override
  public int getLoadPriority() {
    return Boolean.getBoolean(PROPERTY) ? Integer.MIN_VALUE : Integer.MAX_VALUE;
  }

  @Override
  public RpcSystem loadRpcSystem(Configuration configuration) {
    synchronized (SharedRpcSystem.class) {
      RpcSystem system = shared;
      if (system == null) {
        Configuration own = new Configuration(configuration);
        // The folder of the first job goes with that job.
        own.set(CoreOptions.TMP_DIRS, System.getProperty("java.io.tmpdir"));
        system = flinks().loadRpcSystem(own);
        Runtime.getRuntime().addShutdownHook(new Thread(system::close));
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
