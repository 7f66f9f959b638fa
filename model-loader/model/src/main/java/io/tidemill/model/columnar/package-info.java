/**
 * A batch of columns: the memory that records are encoded into and that a model reads as its
 * tensors. May import the JDK and Arrow, nothing else.
 */
@NullMarked
package io.tidemill.model.columnar;

import org.jspecify.annotations.NullMarked;
