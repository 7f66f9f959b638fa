@NullMarked
package io.tidemill.inference.operator;

import org.jspecify.annotations.NullMarked;
