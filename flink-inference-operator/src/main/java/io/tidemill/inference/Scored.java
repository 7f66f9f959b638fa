package io.tidemill.inference;

import io.tidemill.inference.codec.DeadLetter;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;

/**
 * The two ways that records leave a step: every record is in exactly one of them.
 *
 * @param predictions one result per record that was scored, each with its record's timestamp
 * @param deadLetters the records that could not be scored; a job that does not use them loses them,
 *     so give them a sink
 * @param <T> the record
 * @param <R> its result
 */
public record Scored<T, R>(
    SingleOutputStreamOperator<R> predictions, DataStream<DeadLetter<T>> deadLetters) {}
