package io.tidemill.model.engine.pytorch;

import io.tidemill.model.RoomContract;

class PyTorchBridgeRoomTest extends RoomContract {
  PyTorchBridgeRoomTest() {
    super("ai.djl.pytorch.jni", "ai.djl..");
  }
}
