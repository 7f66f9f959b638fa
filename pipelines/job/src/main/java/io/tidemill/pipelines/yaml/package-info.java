/**
 * YAML read into a {@code definition}: all problems at once, each with its line and column. May
 * import {@code definition}, the YAML parser, and what reads sizes and durations; nothing in a file
 * makes an object of its choice.
 */
@NullMarked
package io.tidemill.pipelines.yaml;

import org.jspecify.annotations.NullMarked;
