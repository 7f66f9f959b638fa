package io.tidemill.connectors.iceberg;

/**
 * A file of a table.
 *
 * @param records rows in it, of which others may delete some
 */
public record TableFile(String path, long bytes, long records) {}
