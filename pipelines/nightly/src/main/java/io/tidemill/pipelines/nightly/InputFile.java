package io.tidemill.pipelines.nightly;

/**
 * A file that a run reads, or a table of a database.
 *
 * @param bytes 0 of a table
 * @param modified when it was written, as its file system says; empty of what is in a table
 */
public record InputFile(String path, long bytes, String modified) {}
