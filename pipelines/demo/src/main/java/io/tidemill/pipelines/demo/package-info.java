/**
 * The main job shown on one machine: a broker in this process, a model trained on generated card
 * transactions, and the account of what became of each of them. May import the other rooms of
 * {@code pipelines}, the Kafka broker and client, Avro, and TensorFlow's own Java classes for
 * training; nothing may import this package but the command line.
 */
@NullMarked
package io.tidemill.pipelines.demo;

import org.jspecify.annotations.NullMarked;
