/**
 * Where versions live: manifests, digests, and the store that keeps them. May import {@code model},
 * Flink's {@code FileSystem} and the YAML reader; knows no engine and loads nothing.
 */
@NullMarked
package io.tidemill.model.store;

import org.jspecify.annotations.NullMarked;
