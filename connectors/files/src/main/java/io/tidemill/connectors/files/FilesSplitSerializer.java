package io.tidemill.connectors.files;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.FileSourceSplitSerializer;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** Writes splits of one file as Flink does, and several of them for those of several. Immutable. */
record FilesSplitSerializer() implements SimpleVersionedSerializer<FileSourceSplit> {
  private static final FileSourceSplitSerializer ONE = FileSourceSplitSerializer.INSTANCE;

  /** Beyond Flink's own, of which checkpoints of before have splits. */
  private static final int VERSION = 100;

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(FileSourceSplit split) throws IOException {
    List<FileSourceSplit> splits = FilesSplit.each(split).toList();
    DataOutputSerializer out = new DataOutputSerializer(splits.size() << 7);
    out.writeInt(ONE.getVersion());
    out.writeBoolean(split instanceof FilesSplit);
    out.writeInt(splits.size());
    for (FileSourceSplit one : splits) {
      byte[] bytes = ONE.serialize(one);
      out.writeInt(bytes.length);
      out.write(bytes);
    }
    return out.getCopyOfBuffer();
  }

  @Override
  public FileSourceSplit deserialize(int version, byte[] serialized) throws IOException {
    if (version != VERSION) {
      return ONE.deserialize(version, serialized);
    }
    DataInputDeserializer in = new DataInputDeserializer(serialized);
    int ofOne = in.readInt();
    boolean several = in.readBoolean();
    List<FileSourceSplit> splits = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      byte[] bytes = new byte[in.readInt()];
      in.readFully(bytes);
      splits.add(ONE.deserialize(ofOne, bytes));
    }
    return several ? FilesSplit.of(splits) : splits.get(0);
  }
}
