package io.tidemill.connectors.registry;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A registry that does not answer, or not to this job: it says nothing about a record. The operator
 * of the job must act; a restart may help.
 */
public final class RegistryException extends IOException {
  RegistryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
