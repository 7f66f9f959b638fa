/**
 * YAML read into a {@code definition}: all problems at once, each with its line and column. A key
 * is said once, for its reader and for editors. May import {@code definition}, what a step is told
 * ({@code inference.step}, {@code inference.batch}), the YAML parser, and what reads sizes and
 * durations; nothing in a file makes an object of its choice.
 */
@NullMarked
package io.tidemill.pipelines.yaml;

import org.jspecify.annotations.NullMarked;
