package io.tidemill.pipelines.nightly;

/**
 * A model that scores.
 *
 * @param step the job's step that calls it
 * @param model its version, as in {@code fraud:1.4.2}
 * @param digest over its files
 */
public record ModelUse(String step, String model, String digest) {}
