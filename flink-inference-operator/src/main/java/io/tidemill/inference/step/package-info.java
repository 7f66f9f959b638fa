/**
 * What a step is told, as data: how it runs, and which fields its outputs become. YAML and Java end
 * in these objects. May import the JDK and {@code inference.batch}.
 */
@NullMarked
package io.tidemill.inference.step;

import org.jspecify.annotations.NullMarked;
