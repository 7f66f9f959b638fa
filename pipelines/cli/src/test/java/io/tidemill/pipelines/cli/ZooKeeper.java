package io.tidemill.pipelines.cli;

import io.tidemill.model.OtherProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.shaded.zookeeper3.org.apache.zookeeper.server.ZooKeeperServerMain;

/** A server of ZooKeeper in a process of its own. */
public final class ZooKeeper implements AutoCloseable {
  private final Process process;
  private final String quorum;

  /**
   * Starts it.
   *
   * @param folder for everything that it writes
   */
  public ZooKeeper(Path folder) throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    quorum = "localhost:" + port;
    Path configuration =
        Files.writeString(
            Files.createDirectories(folder).resolve("zoo.cfg"),
            """
            dataDir=%s
            clientPortAddress=localhost
            clientPort=%d
            tickTime=500
            admin.enableServer=false
            """
                .formatted(folder.resolve("data"), port));
    process =
        OtherProcess.of(ZooKeeperServerMain.class, configuration)
            .builder()
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("zookeeper.log").toFile())
            .start();
  }

  /** What {@code high-availability.zookeeper.quorum} is. */
  public String quorum() {
    return quorum;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
