package io.tidemill.model.engine.pytorch;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import ai.djl.util.cuda.CudaUtils;

/** Whether PyTorch has a GPU here. */
public final class TorchGpu {
  private TorchGpu() {}

  /**
   * Leaves a test out where PyTorch sees no GPU. The engine is not started to find out that there
   * is none.
   */
  public static void assumeOne() {
    assumeTrue(CudaUtils.hasCuda(), "no GPU: no libcudart.so is found that sees one");
    Engine engine = PyTorchLibrary.OF_PROCESS.start("test", null);
    assumeTrue(
        engine.hasCapability(StandardCapabilities.CUDA),
        "no GPU for PyTorch: PYTORCH_LIBRARY_PATH names no library for CUDA");
  }
}
