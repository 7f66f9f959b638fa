package io.tidemill.model.engine.pytorch;

import io.tidemill.model.RoomContract;

class PyTorchRoomTest extends RoomContract {
  PyTorchRoomTest() {
    super(
        "io.tidemill.model.engine.pytorch",
        "ai.djl..",
        "io.tidemill.model",
        "io.tidemill.model.columnar",
        "io.tidemill.model.engine",
        "org.apache.arrow.memory..");
  }
}
