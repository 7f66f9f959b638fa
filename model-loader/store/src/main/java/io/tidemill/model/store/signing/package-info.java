/**
 * Signatures of versions in the OpenSSF Model Signing 1.0 format: who signed which files, and
 * whether a key that is trusted did. May import {@code model}, {@code model.store} and Jackson; the
 * cryptography is the JDK's, and a private key leaves this package only as a signature.
 */
@NullMarked
package io.tidemill.model.store.signing;

import org.jspecify.annotations.NullMarked;
