package io.tidemill.benchmarks;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.pytorch.PyTorchEngine;
import io.tidemill.model.engine.pytorch.TorchScripts;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * PyTorch, by itself with one thread as Tidemill has it and in inference mode. By itself, the
 * input's tensor and the argument that holds it are made once, over direct memory; the output's is
 * read into an array, which DJL does without a copy between. There is no API of PyTorch for Java
 * but DJL's; its {@code Predictor} does the same and more.
 */
record PyTorchWorkload() implements EngineWorkload {
  @Override
  public String engine() {
    return "pytorch";
  }

  @Override
  public Signature write(Path folder) {
    return TorchScripts.mlp(folder, FEATURES);
  }

  @Override
  public PyTorchEngine served() {
    return new PyTorchEngine();
  }

  @Override
  public RawCalls raw(Path folder, ByteBuffer features, int rows) {
    PtNDManager manager = (PtNDManager) Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
    PtSymbolBlock module =
        JniUtils.loadModule(
            manager, folder.resolve(TorchScripts.FILE), true, new String[0], new String[0], false);
    JniUtils.enableInferenceMode(module);
    NDArray tensor = manager.create(features, new Shape(rows, FEATURES), DataType.FLOAT32);
    IValue argument = IValue.from((PtNDArray) tensor);
    return new RawCalls() {
      private float[] scores = {};

      @Override
      public void call() {
        try (NDManager tensors = manager.newSubManager();
            IValue result = IValueUtils.forward(module, new IValue[] {argument})) {
          scores = result.toNDList((PtNDManager) tensors).singletonOrThrow().toFloatArray();
        }
      }

      @Override
      public double score(int row) {
        return scores[row];
      }

      @Override
      public void close() {
        argument.close();
        module.close();
        manager.close();
      }
    };
  }
}
