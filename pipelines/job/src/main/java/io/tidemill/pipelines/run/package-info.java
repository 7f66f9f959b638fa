/**
 * A planned job in a process of its own: Flink inside it, what the run goes on from and keeps, and
 * what it did. May import {@code definition}, {@code compose}, the connectors' options, problems
 * and records, the operator's and the model's failures, the store's temporary folders, and Flink.
 */
@NullMarked
package io.tidemill.pipelines.run;

import org.jspecify.annotations.NullMarked;
