/**
 * Measurements: the side-by-side program and JMH benchmarks. Nothing imports this package; it may
 * import everything and is not shipped.
 */
@NullMarked
package io.tidemill.benchmarks;

import org.jspecify.annotations.NullMarked;
