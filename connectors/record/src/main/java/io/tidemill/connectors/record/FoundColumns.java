package io.tidemill.connectors.record;

/**
 * Columns that nobody declared, as they are in a file.
 *
 * @param file its path
 */
public record FoundColumns(String file, RecordSchema schema) {}
