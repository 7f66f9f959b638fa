/**
 * The command line: parse arguments, call, print, answer an exit code. May import {@code
 * definition}, {@code yaml}, {@code compose} and the rooms of {@code model} except engines; holds
 * no logic of its own.
 */
@NullMarked
package io.tidemill.pipelines.cli;

import org.jspecify.annotations.NullMarked;
