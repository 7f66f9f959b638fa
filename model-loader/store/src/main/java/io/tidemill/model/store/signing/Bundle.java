package io.tidemill.model.store.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A sigstore bundle around a DSSE envelope with one signature. */
final class Bundle {
  private static final String MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
  private static final String PAYLOAD_TYPE = "application/vnd.in-toto+json";

  /** Null where the bundle says none, as those of the reference implementation before 1.1. */
  private final @Nullable String hint;

  private final byte[] payload;
  private final byte[] signature;

  private Bundle(@Nullable String hint, byte[] payload, byte[] signature) {
    this.hint = hint;
    this.payload = payload;
    this.signature = signature;
  }

  static Bundle signed(SigningKey key, byte[] payload) {
    return new Bundle(
        key.verificationKey().fingerprint(), payload, key.sign(preAuthentication(payload)));
  }

  /**
   * Reads a bundle.
   *
   * @throws io.tidemill.model.InvalidModelException if it is none, or has another payload
   */
  static Bundle read(String text) {
    Json root = Json.read("bundle", text);
    root.require("/mediaType", MEDIA_TYPE);
    root.require("/dsseEnvelope/payloadType", PAYLOAD_TYPE);
    JsonNode hint = root.node().at("/verificationMaterial/publicKey/hint");
    return new Bundle(
        hint.isTextual() && !hint.textValue().isEmpty() ? hint.textValue() : null,
        root.base64("/dsseEnvelope/payload"),
        root.single("/dsseEnvelope/signatures").base64("/sig"));
  }

  /** What is signed of an envelope: its type and payload, each with its length before it. */
  private static byte[] preAuthentication(byte[] payload) {
    String head = "DSSEv1 %d %s %d ".formatted(PAYLOAD_TYPE.length(), PAYLOAD_TYPE, payload.length);
    byte[] start = head.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(start.length + payload.length).put(start).put(payload).array();
  }

  String write() {
    ObjectNode root = Json.MAPPER.createObjectNode();
    root.put("mediaType", MEDIA_TYPE);
    ObjectNode material = root.putObject("verificationMaterial");
    material.putObject("publicKey").put("hint", hint);
    material.putArray("tlogEntries");
    ObjectNode envelope = root.putObject("dsseEnvelope");
    envelope.put("payload", Base64.getEncoder().encodeToString(payload));
    envelope.put("payloadType", PAYLOAD_TYPE);
    envelope
        .putArray("signatures")
        .addObject()
        .put("sig", Base64.getEncoder().encodeToString(signature))
        .put("keyid", "");
    return root.toString();
  }

  /** Whether the key made the signature; a hint at another key is enough to say no. */
  boolean madeBy(VerificationKey key) {
    return (hint == null || hint.equals(key.fingerprint()))
        && key.made(signature, preAuthentication(payload));
  }

  /** The fingerprint of the key that is said to have signed. */
  Optional<String> hint() {
    return Optional.ofNullable(hint);
  }

  /** The statement as it was signed. */
  byte[] payload() {
    return payload.clone();
  }
}
