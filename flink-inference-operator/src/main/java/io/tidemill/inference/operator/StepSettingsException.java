package io.tidemill.inference.operator;

import org.jspecify.annotations.Nullable;

/**
 * Settings of a step that do not go with its model, or state that it cannot take over. The author
 * of the pipeline must act.
 */
public final class StepSettingsException extends InferenceException {
  StepSettingsException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
