package io.tidemill.connectors.record;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A name and bytes that travel with a record, as Kafka has them. It owns neither copy nor right to
 * change the bytes: treat them as constant. Immutable then, and thread-safe.
 */
public final class Header implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String name;
  private final byte @Nullable [] value;

  public Header(String name, byte @Nullable [] value) {
    this.name = name;
    this.value = value;
  }

  public static Header of(String name, String value) {
    return new Header(name, value.getBytes(StandardCharsets.UTF_8));
  }

  public String name() {
    return name;
  }

  public byte @Nullable [] value() {
    return value;
  }

  @Override
  public String toString() {
    return name + "=" + (value == null ? "null" : new String(value, StandardCharsets.UTF_8));
  }
}
