package io.tidemill.pipelines.nightly;

/**
 * A file that a run reads.
 *
 * @param modified when it was written, as its file system says
 */
public record InputFile(String path, long bytes, String modified) {}
