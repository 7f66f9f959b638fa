package io.tidemill.benchmarks;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.tidemill.model.Device;
import io.tidemill.model.engine.pytorch.TorchScripts;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A TorchScript by DJL's own calls: every call brings all rows to the device, and the answers to an
 * array. Tidemill has loaded the model before, so that the settings of the process are its.
 *
 * <p>Not thread-safe.
 */
final class TorchLoop implements AutoCloseable {
  private final Workload workload;
  private final int batch;
  private final PtNDManager manager;
  private final PtSymbolBlock module;
  private final ByteBuffer records;

  TorchLoop(Workload workload, int batch) {
    this.workload = workload;
    this.batch = batch;
    Device device = workload.device();
    manager =
        (PtNDManager)
            Engine.getEngine("PyTorch")
                .newBaseManager(
                    device.kind() == Device.Kind.CPU
                        ? ai.djl.Device.cpu()
                        : ai.djl.Device.gpu(device.index()));
    Path file = Path.of(workload.folder()).resolve(TorchScripts.FILE);
    module = JniUtils.loadModule(manager, file, true, new String[0], new String[0], false);
    JniUtils.enableInferenceMode(module);
    records = EngineDuel.direct(workload.inputs(batch));
  }

  /** Takes turns as a variant. */
  void measure(Meter meter, Turns turns) throws Exception {
    Callers.measure(
        meter,
        1,
        turns,
        running -> {
          Meter.Tally tally = running.tally();
          while (running.awaitTurn()) {
            call();
            tally.add(batch);
          }
        });
  }

  /** Scores all rows once. */
  float[] call() {
    try (NDManager tensors = manager.newSubManager();
        IValue argument = IValue.from((PtNDArray) input(tensors));
        IValue result = IValueUtils.forward(module, new IValue[] {argument})) {
      return result.toNDList((PtNDManager) tensors).singletonOrThrow().toFloatArray();
    }
  }

  /** How long a call takes that is not the first. */
  long callNanos() {
    call();
    long start = System.nanoTime();
    call();
    return System.nanoTime() - start;
  }

  private NDArray input(NDManager tensors) {
    return tensors.create(records, workload.inputShape(batch), DataType.FLOAT32);
  }

  /** Bytes per second of bringing the records to the device and nothing else. */
  double copyBytesPerSecond(int times) {
    long bytes = 0;
    long start = System.nanoTime();
    for (int i = 0; i < times; i++) {
      try (NDManager tensors = manager.newSubManager()) {
        // One number of it comes back when all of it is there.
        input(tensors).flatten().get(0).getFloat();
      }
      bytes += records.capacity();
    }
    return bytes * 1e9 / (System.nanoTime() - start);
  }

  @Override
  public void close() {
    module.close();
    manager.close();
  }
}
