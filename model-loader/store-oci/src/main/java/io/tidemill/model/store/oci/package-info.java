/** Stores in OCI registries. May import {@code model}, {@code model.store} and Jackson. */
@NullMarked
package io.tidemill.model.store.oci;

import org.jspecify.annotations.NullMarked;
