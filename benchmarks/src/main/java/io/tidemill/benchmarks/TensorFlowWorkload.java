package io.tidemill.benchmarks;

import ai.djl.ndarray.NDList;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.tensorflow.engine.SavedModelBundle;
import ai.djl.tensorflow.engine.TfSymbolBlock;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.model.engine.tensorflow.TensorFlowEngine;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.tensorflow.internal.c_api.AbstractTF_Tensor;
import org.tensorflow.internal.c_api.Deallocator_Pointer_long_Pointer;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.proto.SignatureDef;

/**
 * TensorFlow, with its operations in the caller's thread as Tidemill has it. By itself, the input's
 * tensor and every argument of TensorFlow's C API, which is its fastest way from Java, are made
 * once, over direct memory; the output's is read into an array and deleted.
 */
record TensorFlowWorkload() implements EngineWorkload {

  @Override
  public String engine() {
    return "tensorflow";
  }

  @Override
  public Signature write(Path folder) {
    return SavedModels.mlp(folder, FEATURES);
  }

  @Override
  public Engine served() {
    return new TensorFlowEngine();
  }

  @Override
  public RawCalls raw(Path folder, ByteBuffer features, int rows) throws Exception {
    ZooModel<NDList, NDList> loaded =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optEngine("TensorFlow")
            .optModelPath(folder)
            .build()
            .loadModel();
    return new Calls(loaded, features, rows);
  }

  private static final class Calls implements RawCalls {
    private final ZooModel<NDList, NDList> loaded;
    private final TF_Session session;
    // Keeps the memory, which the tensor does not.
    private final Pointer features;
    private final TF_Tensor input;
    private final TF_Output inputPlace;
    private final TF_Output outputPlace;
    private final PointerPointer<TF_Tensor> inputs = new PointerPointer<>(1);
    private final PointerPointer<TF_Tensor> outputs = new PointerPointer<>(1);
    private final TF_Status status = tensorflow.TF_NewStatus();
    private final float[] scores;

    Calls(ZooModel<NDList, NDList> loaded, ByteBuffer features, int rows) {
      this.loaded = loaded;
      SavedModelBundle bundle = ((TfSymbolBlock) loaded.getBlock()).getSavedModelBundle();
      session = bundle.getSession();
      SignatureDef signature = bundle.getMetaGraphDef().getSignatureDefOrThrow("serving_default");
      inputPlace = place(bundle.getGraph(), signature.getInputsOrThrow("features").getName());
      outputPlace = place(bundle.getGraph(), signature.getOutputsOrThrow("score").getName());
      this.features = new Pointer(features);
      LongPointer shape = new LongPointer(rows, FEATURES);
      input =
          tensorflow.TF_NewTensor(
              tensorflow.TF_FLOAT,
              shape,
              2,
              this.features,
              features.capacity(),
              Borrowed.DEALLOCATOR,
              null);
      shape.close();
      inputs.put(0, input);
      scores = new float[rows];
    }

    private static TF_Output place(TF_Graph graph, String name) {
      String operation = name.substring(0, name.indexOf(':'));
      int index = Integer.parseInt(name.substring(name.indexOf(':') + 1));
      return new TF_Output()
          .oper(tensorflow.TF_GraphOperationByName(graph, operation))
          .index(index);
    }

    @Override
    public void call() {
      tensorflow.TF_SessionRun(
          session,
          (TF_Buffer) null,
          inputPlace,
          inputs,
          1,
          outputPlace,
          outputs,
          1,
          (PointerPointer<TF_Operation>) null,
          0,
          (TF_Buffer) null,
          status);
      if (tensorflow.TF_GetCode(status) != tensorflow.TF_OK) {
        throw new IllegalStateException(tensorflow.TF_Message(status).getString());
      }
      TF_Tensor output = outputs.get(TF_Tensor.class, 0);
      new FloatPointer(tensorflow.TF_TensorData(output)).get(scores);
      tensorflow.TF_DeleteTensor(output);
    }

    @Override
    public double score(int row) {
      return scores[row];
    }

    @Override
    public void close() {
      tensorflow.TF_DeleteTensor(input);
      tensorflow.TF_DeleteStatus(status);
      inputPlace.close();
      outputPlace.close();
      features.close();
      inputs.close();
      outputs.close();
      loaded.close();
    }
  }

  /** Reaches the deallocator that frees nothing. */
  private static final class Borrowed extends AbstractTF_Tensor {
    static final Deallocator_Pointer_long_Pointer DEALLOCATOR = dummyDeallocator;

    private Borrowed() {
      super(null);
    }
  }
}
