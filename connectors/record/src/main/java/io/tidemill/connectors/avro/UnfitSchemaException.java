package io.tidemill.connectors.avro;

import java.io.IOException;

/** A value that was written with a schema which is not read as another. */
public final class UnfitSchemaException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String path;

  UnfitSchemaException(String path, String message) {
    super(message);
    this.path = path;
  }

  /** Of the field, as in {@code pay.items[].price}; empty for the record itself. */
  public String path() {
    return path;
  }
}
