@NullMarked
package io.tidemill.inference;

import org.jspecify.annotations.NullMarked;
