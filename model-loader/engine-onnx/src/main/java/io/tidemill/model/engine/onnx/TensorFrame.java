package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.engine.BatchPlace;
import io.tidemill.model.engine.KeptFrames;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tensors over the columns of a batch, by their names; used by one call after another on a
 * batch in the same place. They say where memory is and do not hold it.
 *
 * <p>Not thread-safe; a frame serves one call at a time.
 */
record TensorFrame(BatchPlace place, Map<String, OnnxTensor> tensors) implements AutoCloseable {

  /** What makes the tensors. */
  interface Source {
    /** The tensors over a batch by their names, all of them or none. */
    Map<String, OnnxTensor> over(ColumnBatch batch) throws OrtException;
  }

  /** The frame for a batch: one of those that are kept, or a new one. */
  static TensorFrame take(KeptFrames<TensorFrame> kept, ColumnBatch batch, Source source)
      throws OrtException {
    TensorFrame frame = kept.take(batch.fixedWidth(0).address());
    if (frame != null) {
      if (frame.place().isOf(batch)) {
        return frame;
      }
      frame.close();
    }
    return new TensorFrame(new BatchPlace(batch), source.over(batch));
  }

  /** A tensor for each name, all of them or none. */
  static Map<String, OnnxTensor> all(String[] names, Maker maker) throws OrtException {
    Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    try {
      for (int i = 0; i < names.length; i++) {
        tensors.put(names[i], maker.make(i));
      }
      return tensors;
    } catch (OrtException | RuntimeException e) {
      tensors.values().forEach(OnnxTensor::close);
      throw e;
    }
  }

  /** Makes the tensor at a position. */
  interface Maker {
    OnnxTensor make(int position) throws OrtException;
  }

  @Override
  public void close() {
    tensors.values().forEach(OnnxTensor::close);
  }
}
