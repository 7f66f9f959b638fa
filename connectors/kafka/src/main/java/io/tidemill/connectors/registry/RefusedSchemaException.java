package io.tidemill.connectors.registry;

import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;

/**
 * A schema that a registry does not take, or does not have. The author of the job must act; a
 * restart meets the same answer, so that Flink tries none.
 */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
public final class RefusedSchemaException extends RuntimeException {
  RefusedSchemaException(String message) {
    super(message);
  }
}
