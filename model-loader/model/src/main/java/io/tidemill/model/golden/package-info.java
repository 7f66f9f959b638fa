/**
 * What a version answers when it is right: {@code golden.arrow} among its files, with inputs and
 * the outputs that belong to them. May import {@code model}, {@code model.columnar} and Arrow's
 * vectors and file format.
 */
@NullMarked
package io.tidemill.model.golden;

import org.jspecify.annotations.NullMarked;
