/**
 * What a model is: its name and version, its typed signature, and the call that scores a batch. May
 * import {@code model.columnar} and the JDK; knows no store, no engine and no stream.
 */
@NullMarked
package io.tidemill.model;

import org.jspecify.annotations.NullMarked;
