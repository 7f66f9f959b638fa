package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import java.io.IOException;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DeadLetterSerializerTest {
  private static final ModelVersion MODEL =
      new ModelVersion(
          "fraud", SemanticVersion.parse("2.0.0-rc.1"), "sha256:" + "0123456789abcdef".repeat(4));

  private final TypeSerializer<DeadLetter<String>> serializer =
      new DeadLetterTypeInfo<>(Types.STRING)
          .createSerializer(new ExecutionConfig().getSerializerConfig());

  private static DeadLetter<String> letter(DeadLetterCause cause, String message) {
    return new DeadLetter<>("record", cause, message, MODEL, "score", 1L << 40, 7);
  }

  private static byte[] written(
      TypeSerializer<DeadLetter<String>> serializer, DeadLetter<String> letter) throws IOException {
    DataOutputSerializer target = new DataOutputSerializer(64);
    serializer.serialize(letter, target);
    return target.getCopyOfBuffer();
  }

  private DeadLetter<String> roundTrip(DeadLetter<String> letter) throws IOException {
    DataInputDeserializer source = new DataInputDeserializer(written(serializer, letter));
    DeadLetter<String> read = serializer.deserialize(source);
    assertThat(source.available()).isZero();
    return read;
  }

  @ParameterizedTest
  @EnumSource(DeadLetterCause.class)
  void readsWhatItWrote(DeadLetterCause cause) throws IOException {
    DeadLetter<String> letter = letter(cause, "length: 3 (expected: 2, größer ist 大)");

    assertThat(roundTrip(letter)).isEqualTo(letter);
  }

  @Test
  void readsAMessageOfMoreThan64KiB() throws IOException {
    DeadLetter<String> letter = letter(DeadLetterCause.MODEL, "é".repeat(100_000));

    assertThat(roundTrip(letter)).isEqualTo(letter);
  }

  @Test
  void readsAnEmptyMessage() throws IOException {
    DeadLetter<String> letter = letter(DeadLetterCause.DECODE, "");

    assertThat(roundTrip(letter)).isEqualTo(letter);
  }

  @Test
  void copiesLettersAndTheirBytes() throws IOException {
    DeadLetter<String> letter = letter(DeadLetterCause.UNFIT, "wrong");
    byte[] bytes = written(serializer, letter);
    DataOutputSerializer target = new DataOutputSerializer(64);

    serializer.copy(new DataInputDeserializer(bytes), target);

    assertThat(target.getCopyOfBuffer()).isEqualTo(bytes);
    assertThat(serializer.copy(letter)).isEqualTo(letter);
    assertThat(serializer.copy(letter, letter)).isEqualTo(letter);
    assertThat(serializer.duplicate()).isEqualTo(serializer);
  }

  @Test
  void restoredSnapshotReadsWhatTheWrittenOneWrote() throws IOException {
    DeadLetter<String> letter = letter(DeadLetterCause.NOT_FINITE, "NaN");
    TypeSerializerSnapshot<DeadLetter<String>> restored = restoredSnapshot();

    assertThat(serializer.snapshotConfiguration().resolveSchemaCompatibility(restored))
        .returns(true, compatibility -> compatibility.isCompatibleAsIs());
    assertThat(restored.restoreSerializer()).isEqualTo(serializer);
    assertThat(
            restored
                .restoreSerializer()
                .deserialize(new DataInputDeserializer(written(serializer, letter))))
        .isEqualTo(letter);
  }

  @Test
  void snapshotForAnotherRecordTypeIsIncompatible() throws IOException {
    DeadLetterSerializer<Long> other = new DeadLetterSerializer<>(LongSerializer.INSTANCE);
    DataOutputSerializer target = new DataOutputSerializer(64);
    TypeSerializerSnapshot.writeVersionedSnapshot(target, other.snapshotConfiguration());
    TypeSerializerSnapshot<DeadLetter<String>> restored =
        TypeSerializerSnapshot.readVersionedSnapshot(
            new DataInputDeserializer(target.getCopyOfBuffer()), getClass().getClassLoader());

    assertThat(serializer.snapshotConfiguration().resolveSchemaCompatibility(restored))
        .returns(true, compatibility -> compatibility.isIncompatible());
  }

  private TypeSerializerSnapshot<DeadLetter<String>> restoredSnapshot() throws IOException {
    DataOutputSerializer target = new DataOutputSerializer(64);
    TypeSerializerSnapshot.writeVersionedSnapshot(target, serializer.snapshotConfiguration());
    return TypeSerializerSnapshot.readVersionedSnapshot(
        new DataInputDeserializer(target.getCopyOfBuffer()), getClass().getClassLoader());
  }

  @Test
  void equalsByItsRecordsSerializer() {
    assertThat(serializer)
        .isEqualTo(new DeadLetterSerializer<>(StringSerializer.INSTANCE))
        .hasSameHashCodeAs(new DeadLetterSerializer<>(StringSerializer.INSTANCE))
        .isNotEqualTo(new DeadLetterSerializer<>(LongSerializer.INSTANCE));
  }
}
