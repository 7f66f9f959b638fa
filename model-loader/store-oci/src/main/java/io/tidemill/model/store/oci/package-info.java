/**
 * Stores in OCI registries. May import {@code model}, {@code model.store}, Jackson and the ORAS
 * client, which is optional at runtime: only this package knows it.
 */
@NullMarked
package io.tidemill.model.store.oci;

import org.jspecify.annotations.NullMarked;
