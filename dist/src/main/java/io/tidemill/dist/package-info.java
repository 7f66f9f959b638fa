/**
 * Makes a runtime image of what the build has laid out, without a Docker daemon. For the build
 * alone: nothing of this is shipped, and nothing here may import Tidemill.
 */
@NullMarked
package io.tidemill.dist;

import org.jspecify.annotations.NullMarked;
