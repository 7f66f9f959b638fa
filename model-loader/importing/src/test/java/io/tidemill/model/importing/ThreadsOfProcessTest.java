package io.tidemill.model.importing;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.FakeModel;
import io.tidemill.model.Placement;
import io.tidemill.model.loader.StoredModel;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Here, where every engine is there. */
class ThreadsOfProcessTest {
  @ParameterizedTest
  @CsvSource({
    "tensorflow, true",
    "pytorch, true",
    "onnx, false",
    "xgboost, false",
    "lightgbm, false",
    "abacus-of-another-classpath, false"
  })
  void aStoredModelTellsWhetherItsThreadsAreThoseOfTheProcess(String engine, boolean ofProcess) {
    StoredModel model =
        new StoredModel(
            "file:///store",
            FakeModel.version("fraud", "1.4.2"),
            engine,
            FakeModel.ofFeatures(2).signature(),
            Placement.CPU,
            List.of());

    assertThat(model.threadsAreOfProcess()).isEqualTo(ofProcess);
  }
}
