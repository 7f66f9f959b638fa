/**
 * A job as it is handed to a Flink cluster: the entry class and what it is told. May import the
 * rooms of this artifact and picocli; knows no command but its own arguments.
 */
@NullMarked
package io.tidemill.pipelines;

import org.jspecify.annotations.NullMarked;
