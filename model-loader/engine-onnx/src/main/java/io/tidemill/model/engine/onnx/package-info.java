/**
 * The ONNX engine: .onnx files, loaded and called by ONNX Runtime with tensors that alias the
 * columns. May import ONNX Runtime and the rooms of {@code model}; nothing imports this room, which
 * {@code ServiceLoader} finds. {@link io.tidemill.model.engine.onnx.OnnxEngine} names no class of
 * ONNX Runtime, so that it can be found, and say what is missing, where that is not on the
 * classpath.
 */
@NullMarked
package io.tidemill.model.engine.onnx;

import org.jspecify.annotations.NullMarked;
