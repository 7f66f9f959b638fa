package io.tidemill.model.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A model that an older version of its library saved, and its scores there: of 20 rows of 4
 * features, made as {@code Boosters.features(20, 4, 5)} makes them.
 *
 * @param room whose tests have it
 */
public record SavedModel(Class<?> room, String version, String file) {

  public byte[] bytes() throws IOException {
    return bytes(file);
  }

  /** As Java writes numbers. */
  public String[] scores() throws IOException {
    byte[] scores = bytes(file.replaceFirst("\\..*", ".scores"));
    return new String(scores, StandardCharsets.US_ASCII).strip().split("\\s+");
  }

  private byte[] bytes(String name) throws IOException {
    String place = version + "/" + name;
    try (InputStream in = room.getResourceAsStream(place)) {
      return Objects.requireNonNull(in, place).readAllBytes();
    }
  }
}
