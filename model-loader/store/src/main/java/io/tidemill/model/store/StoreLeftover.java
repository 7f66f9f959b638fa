package io.tidemill.model.store;

import java.time.Instant;

/**
 * What a process left in a store that died while it pushed.
 *
 * @param place where it is, as messages name it
 * @param bytes of its files together
 * @param written when something was written to it last
 */
public record StoreLeftover(String place, long bytes, Instant written) {}
