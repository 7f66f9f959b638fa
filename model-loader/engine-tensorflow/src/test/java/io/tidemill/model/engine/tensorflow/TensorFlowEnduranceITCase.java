package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.EnduranceContract;
import java.nio.file.Path;

class TensorFlowEnduranceITCase extends EnduranceContract {
  TensorFlowEnduranceITCase() {
    super(new TensorFlowEngine());
  }

  @Override
  protected Signature writeSmall(Path folder) {
    return SavedModels.reverse(folder, ElementType.FLOAT64);
  }

  @Override
  protected Signature writeLarge(Path folder) {
    return SavedModels.mlp(folder, 16_384);
  }
}
