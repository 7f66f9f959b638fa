package io.tidemill.pipelines.compose;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.codec.RowBinding;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.pipelines.definition.StepDefinition;

/** A step whose model is pinned and whose fields fit. */
record PlannedStep(StepDefinition definition, StoredModel model, RowBinding binding) {
  PlannedStep {
    requireNonNull(definition, "definition");
    requireNonNull(model, "model");
    requireNonNull(binding, "binding");
  }
}
