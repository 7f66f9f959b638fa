/**
 * What the rooms of the engines share: how a batch and a signature meet in the shapes of tensors.
 * May import {@code model} and {@code model.columnar}; knows no engine, and only engines import it.
 */
@NullMarked
package io.tidemill.model.engine;

import org.jspecify.annotations.NullMarked;
