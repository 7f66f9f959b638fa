/**
 * The PyTorch engine: TorchScript files, loaded and called by DJL's PyTorch engine with tensors
 * that alias the columns. May import DJL and the rooms of {@code model}; nothing imports this room,
 * which {@code ServiceLoader} finds. {@link io.tidemill.model.engine.pytorch.PyTorchEngine} names
 * no class of DJL, so that it can be found, and say what is missing, where it is not on the
 * classpath.
 */
@NullMarked
package io.tidemill.model.engine.pytorch;

import org.jspecify.annotations.NullMarked;
