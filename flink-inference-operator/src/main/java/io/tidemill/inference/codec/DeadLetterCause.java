package io.tidemill.inference.codec;

/** Why a record could not be scored. */
public enum DeadLetterCause {
  /** An input is null or missing. */
  NULL_INPUT,
  /** A value does not fit the model's tensors. */
  UNFIT,
  /** The record alone passes {@code max-bytes}. */
  TOO_LARGE,
  /** The model fails on this record alone, and works on its warm-up sample. */
  MODEL,
  /** The model runs out of memory on this record alone. */
  OUT_OF_MEMORY,
  /** An output is not a number or infinite. */
  NOT_FINITE,
  /** The prediction could not be decoded. */
  DECODE
}
