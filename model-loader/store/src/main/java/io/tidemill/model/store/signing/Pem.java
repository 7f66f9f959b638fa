package io.tidemill.model.store.signing;

import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A block of a PEM text. Neither its text nor any message shows what it holds.
 *
 * @param type what stands after BEGIN
 * @param body the lines between BEGIN and END
 */
record Pem(String type, String body) {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);
  private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

  static List<Pem> blocks(String text) {
    return BLOCK
        .matcher(text)
        .results()
        .map(block -> new Pem(block.group(1), block.group(2)))
        .toList();
  }

  static Pem of(String type, byte[] bytes) {
    return new Pem(type, "\n" + LINES.encodeToString(bytes) + "\n");
  }

  /**
   * What the block holds.
   *
   * @throws IllegalArgumentException if it is not base64; the message does not repeat it
   */
  byte[] bytes() {
    try {
      return Base64.getMimeDecoder().decode(body.replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      // The cause is left out, because it may repeat characters of a key.
      throw new IllegalArgumentException(type + " block: not base64 (expected: PEM)");
    }
  }

  String text() {
    return "-----BEGIN " + type + "-----" + body + "-----END " + type + "-----\n";
  }

  @Override
  public String toString() {
    return type + " block";
  }
}
