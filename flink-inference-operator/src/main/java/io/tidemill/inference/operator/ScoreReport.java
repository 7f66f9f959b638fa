package io.tidemill.inference.operator;

/**
 * What scoring a batch took.
 *
 * @param calls model calls, the first included; checks of the model's health are not
 * @param sizeThatFits the most rows that a call had memory for after one that had not; 0 if memory
 *     sufficed, or lacked for one record alone
 * @param bytesIn of the inputs of its calls, in columns of fixed width
 * @param bytesOut of the outputs
 */
record ScoreReport(
    long encodeNanos,
    long modelNanos,
    long decodeNanos,
    int calls,
    int sizeThatFits,
    long bytesIn,
    long bytesOut) {}
