/** Tests of the archive that users unpack. */
@NullMarked
package io.tidemill.dist;

import org.jspecify.annotations.NullMarked;
