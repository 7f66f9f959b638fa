/**
 * When a batch closes and what is in flight. May import the JDK only: no Flink, no Arrow, no thread
 * and no clock; the time comes in as an argument.
 */
@NullMarked
package io.tidemill.inference.batch;

import org.jspecify.annotations.NullMarked;
