/**
 * Archives that people hand over: unpacked so that nothing is written outside one folder, and
 * written with the same bytes for the same content. May import {@code model}, {@code model.store}
 * and Commons Compress and Codec; knows no engine.
 */
@NullMarked
package io.tidemill.model.importing.archive;

import org.jspecify.annotations.NullMarked;
