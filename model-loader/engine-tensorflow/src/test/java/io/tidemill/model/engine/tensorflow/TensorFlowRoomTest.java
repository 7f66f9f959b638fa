package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.RoomContract;

class TensorFlowRoomTest extends RoomContract {
  TensorFlowRoomTest() {
    super(
        "io.tidemill.model.engine.tensorflow",
        "ai.djl..",
        "org.tensorflow..",
        "org.bytedeco.javacpp",
        "com.google.protobuf",
        "io.tidemill.model",
        "io.tidemill.model.columnar",
        "io.tidemill.model.engine",
        "org.apache.arrow.memory..");
  }
}
