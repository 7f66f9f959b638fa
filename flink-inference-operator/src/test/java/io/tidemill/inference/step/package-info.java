@NullMarked
package io.tidemill.inference.step;

import org.jspecify.annotations.NullMarked;
