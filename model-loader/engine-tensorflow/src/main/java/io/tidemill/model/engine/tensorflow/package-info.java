/**
 * The TensorFlow engine: SavedModels, loaded by DJL and called with tensors that alias the columns.
 * May import DJL, TensorFlow and the rooms of {@code model}; nothing imports this room, which
 * {@code ServiceLoader} finds.
 */
@NullMarked
package io.tidemill.model.engine.tensorflow;

import org.jspecify.annotations.NullMarked;
