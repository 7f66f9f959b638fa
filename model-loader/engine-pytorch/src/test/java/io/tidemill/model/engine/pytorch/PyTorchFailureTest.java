package io.tidemill.model.engine.pytorch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import io.tidemill.model.Device;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.UnavailableHereException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What PyTorch says of a GPU, read where there is none. */
class PyTorchFailureTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA out of memory. Tried to allocate 4096.00 GiB.",
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"
      })
  void memoryOfTheGpuIsMemory(String words) {
    assertThat(new PyTorchFailure(new EngineException(words)).ofCall(Loading.VERSION, 32))
        .isInstanceOf(ModelOutOfMemoryException.class)
        .hasMessage("fraud:1.4.2: PyTorch ran out of memory in a call with 32 rows: " + words);
    assertThat(
            new PyTorchFailure(new EngineException(words))
                .ofLoad("fraud:1.4.2", Device.parse("gpu")))
        .isInstanceOf(ModelOutOfMemoryException.class);
  }

  @Test
  void aBrokenGpuIsNotTheModelsFault() {
    EngineException thrown =
        new EngineException("CUDA error: device-side assert triggered\nCUDA kernel errors might");

    assertThat(new PyTorchFailure(thrown).ofLoad("fraud:1.4.2", Device.parse("gpu:1")))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessage(
            "fraud:1.4.2: device gpu:1 cannot be used: CUDA error: device-side assert triggered (expected: this GPU and its driver, and no earlier error of the GPU in this process; restart the TaskManager after one, or device: cpu)");
  }
}
