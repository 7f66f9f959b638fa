/**
 * A JobManager as it answers over HTTP, for whoever asks it something. May import the JDK, Jackson,
 * and what hides secrets alone.
 */
@NullMarked
package io.tidemill.pipelines.rest;

import org.jspecify.annotations.NullMarked;
