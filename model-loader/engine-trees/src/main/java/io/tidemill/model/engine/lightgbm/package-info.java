/**
 * The LightGBM engine: boosted trees, called through LightGBM's own C interface on the memory of
 * the columns. May import JNA and the rooms of {@code model}; nothing imports this room, which
 * {@code ServiceLoader} finds.
 */
@NullMarked
package io.tidemill.model.engine.lightgbm;

import org.jspecify.annotations.NullMarked;
