/**
 * The door for Java users: score a stream of any type with a model. May import Flink's DataStream
 * API and the rooms below; everything else in them is not for users.
 */
@NullMarked
package io.tidemill.inference;

import org.jspecify.annotations.NullMarked;
