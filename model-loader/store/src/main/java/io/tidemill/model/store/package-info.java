/**
 * Where versions live: manifests, digests, and the store that keeps them. May import {@code model},
 * Flink's {@code FileSystem}, the YAML reader and the logger; knows no engine and loads nothing.
 */
@NullMarked
package io.tidemill.model.store;

import org.jspecify.annotations.NullMarked;
