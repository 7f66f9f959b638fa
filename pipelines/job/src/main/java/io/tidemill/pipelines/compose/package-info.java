/**
 * A definition becomes a Flink graph: everything that can be wrong is found while it is planned,
 * and one translator per kind of node adds it to the graph. May import everything but an engine.
 */
@NullMarked
package io.tidemill.pipelines.compose;

import org.jspecify.annotations.NullMarked;
