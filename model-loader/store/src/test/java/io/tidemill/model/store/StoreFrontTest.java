package io.tidemill.model.store;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import org.junit.jupiter.api.Test;

class StoreFrontTest {
  @Test
  void tellsOfAServerThatDoesNotAnswer() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      StoreFront front =
          new StoreFront("127.0.0.1:" + server.getLocalPort(), 1, StoreFront.Busy.S3);
      // The client may ask a second time.
      Thread closing =
          new Thread(
              () -> {
                try {
                  while (true) {
                    server.accept().close();
                  }
                } catch (IOException closed) {
                  // With the test.
                }
              });
      closing.start();

      assertThatThrownBy(() -> URI.create("http://" + front.host()).toURL().getContent())
          .isInstanceOf(IOException.class);
      assertThatThrownBy(front::close)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("connections failed");
    }
  }
}
