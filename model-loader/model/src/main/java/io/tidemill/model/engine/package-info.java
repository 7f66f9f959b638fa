/**
 * What an engine is, which of them are here, and what all of them share: how a model's tensors meet
 * a manifest and a batch, how its files are found, and what holds for every call. May import {@code
 * model}, {@code model.columnar}, Arrow's memory and JNA; knows no engine.
 */
@NullMarked
package io.tidemill.model.engine;

import org.jspecify.annotations.NullMarked;
