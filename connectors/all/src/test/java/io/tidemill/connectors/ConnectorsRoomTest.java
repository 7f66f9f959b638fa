package io.tidemill.connectors;

class ConnectorsRoomTest extends RoomContract {
  ConnectorsRoomTest() {
    super("connectors", ".record .kafka .table .options");
  }
}
