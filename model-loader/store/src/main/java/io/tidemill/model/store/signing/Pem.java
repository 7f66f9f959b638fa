package io.tidemill.model.store.signing;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** PEM text to blocks and back. Messages never hold what a block holds. */
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);
  private static final int LINE = 64;

  private Pem() {}

  /**
   * One block.
   *
   * @param type what stands after BEGIN
   * @param body the lines between BEGIN and END
   */
  record Block(String type, String body) {
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

    @Override
    public String toString() {
      return type + " block";
    }
  }

  static List<Block> blocks(String text) {
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      blocks.add(new Block(matcher.group(1), matcher.group(2)));
    }
    return blocks;
  }

  static String write(String type, byte[] bytes) {
    byte[] newline = "\n".getBytes(StandardCharsets.US_ASCII);
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
        .formatted(type, Base64.getMimeEncoder(LINE, newline).encodeToString(bytes), type)
        .replace(System.lineSeparator(), "\n");
  }
}
