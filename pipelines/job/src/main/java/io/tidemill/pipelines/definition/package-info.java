/**
 * A job as data: records checked in their constructors, the same for YAML and for Java. May import
 * the JDK and nothing else: no Flink, no model, no YAML.
 */
@NullMarked
package io.tidemill.pipelines.definition;

import org.jspecify.annotations.NullMarked;
