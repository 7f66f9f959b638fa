package io.tidemill.connectors;

class FilesRoomTest extends RoomContract {
  FilesRoomTest() {
    super(
        "connectors.files",
        ".problem .options .avro .record net.jpountz.lz4 org.apache.avro.. "
            + "org.apache.commons.compress.compressors.bzip2 org.apache.commons.text "
            + "org.apache.flink.. org.apache.parquet.. org.apache.orc "
            + "org.apache.hadoop.conf org.apache.hadoop.fs org.xerial.snappy");
  }
}
