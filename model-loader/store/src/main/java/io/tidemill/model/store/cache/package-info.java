/**
 * Proved copies of versions on this machine, shared by its processes. May import {@code model} and
 * {@code model.store}.
 */
@NullMarked
package io.tidemill.model.store.cache;

import org.jspecify.annotations.NullMarked;
