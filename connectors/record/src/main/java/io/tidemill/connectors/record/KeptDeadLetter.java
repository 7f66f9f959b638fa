package io.tidemill.connectors.record;

import org.jspecify.annotations.Nullable;

/**
 * What stands at one place among the dead letters of a job. Immutable.
 *
 * @param address the place, as a person types it: {@code topic/partition/offset} or {@code
 *     file:line}
 * @param letter null where something else stands there
 */
public record KeptDeadLetter(String address, @Nullable DeadLetterRecord letter) {}
