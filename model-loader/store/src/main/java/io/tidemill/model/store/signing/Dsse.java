package io.tidemill.model.store.signing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** What is signed of an envelope: its type and payload, each with its length before it. */
final class Dsse {
  private Dsse() {}

  static byte[] preAuthentication(String payloadType, byte[] payload) {
    byte[] type = payloadType.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(("DSSEv1 " + type.length + " ").getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(type);
    out.writeBytes((" " + payload.length + " ").getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(payload);
    return out.toByteArray();
  }
}
