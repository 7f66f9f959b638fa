/**
 * The XGBoost engine: boosted trees, called through XGBoost's own C interface on the memory of the
 * columns. May import JNA and the rooms of {@code model}; nothing imports this room, which {@code
 * ServiceLoader} finds.
 */
@NullMarked
package io.tidemill.model.engine.xgboost;

import org.jspecify.annotations.NullMarked;
