/**
 * What people have, made into what a store takes: tells the format of a file, folder or archive,
 * and finds engine and signature. May import the rooms of {@code model} but no engine: those that
 * are here answer through {@code ServiceLoader}.
 */
@NullMarked
package io.tidemill.model.importing;

import org.jspecify.annotations.NullMarked;
