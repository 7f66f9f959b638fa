/**
 * What the rooms of the engines share: how a batch and a signature meet in the shapes of tensors,
 * and how a native library comes out of its jar. May import {@code model}, {@code model.columnar}
 * and JNA; knows no engine, and only engines import it.
 */
@NullMarked
package io.tidemill.model.engine;

import org.jspecify.annotations.NullMarked;
