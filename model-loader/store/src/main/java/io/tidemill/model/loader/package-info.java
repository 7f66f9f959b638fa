/**
 * The life of a version in a process: load it, warm it up, share it between handles, unload it. May
 * import {@code model}, {@code model.golden} and {@code model.store}; finds engines through {@code
 * ServiceLoader} and imports none.
 */
@NullMarked
package io.tidemill.model.loader;

import org.jspecify.annotations.NullMarked;
