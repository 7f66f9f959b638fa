/**
 * The Flink operator around the batcher: mailbox, timers, state, workers and metrics. The only room
 * that knows Flink's operator API, internal parts included; may import {@code inference.batch},
 * {@code inference.codec}, {@code model} and {@code model.loader}, never an engine.
 */
@NullMarked
package io.tidemill.inference.operator;

import org.jspecify.annotations.NullMarked;
