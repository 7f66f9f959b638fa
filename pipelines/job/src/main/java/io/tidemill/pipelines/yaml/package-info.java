/**
 * YAML read into a {@code definition}: all problems at once, each with its line and column. May
 * import {@code definition} and the YAML parser; nothing in a file makes an object of its choice.
 */
@NullMarked
package io.tidemill.pipelines.yaml;

import org.jspecify.annotations.NullMarked;
