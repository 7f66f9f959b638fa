package io.tidemill.model.engine.onnx;

import io.tidemill.model.RoomContract;

class OnnxRoomTest extends RoomContract {
  OnnxRoomTest() {
    super(
        "io.tidemill.model.engine.onnx",
        "ai.onnxruntime..",
        "io.tidemill.model",
        "io.tidemill.model.columnar",
        "io.tidemill.model.engine",
        "org.apache.arrow.memory..");
  }
}
