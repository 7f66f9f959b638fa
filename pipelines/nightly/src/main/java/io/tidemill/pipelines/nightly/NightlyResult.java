package io.tidemill.pipelines.nightly;

/**
 * What a run for a date came to.
 *
 * @param published whether this run published; false where there was nothing to do
 * @param account of the run that published what readers see
 */
public record NightlyResult(boolean published, RunAccount account) {}
