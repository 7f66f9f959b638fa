/**
 * Labels of a job's failures, by who must act. Flink loads this room as a plugin, in a class loader
 * of its own that knows Flink's classes and no other room, so it knows their exceptions by name.
 */
@NullMarked
package io.tidemill.pipelines.failures;

import org.jspecify.annotations.NullMarked;
