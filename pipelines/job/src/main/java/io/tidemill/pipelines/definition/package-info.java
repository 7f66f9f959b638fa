/**
 * A job as data: records checked in their constructors, the same for YAML and for Java. May import
 * the JDK, what a step is told ({@code inference.step}, {@code inference.batch}) and {@code
 * connectors.problem}: no Flink, no model, no YAML.
 */
@NullMarked
package io.tidemill.pipelines.definition;

import org.jspecify.annotations.NullMarked;
