package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/** Writes dead letters where their side output leaves the task. */
final class DeadLetterSerializer<T> extends TypeSerializer<DeadLetter<T>> {
  private static final long serialVersionUID = 1L;

  private final TypeSerializer<T> record;

  DeadLetterSerializer(TypeSerializer<T> record) {
    this.record = requireNonNull(record, "record");
  }

  TypeSerializer<T> record() {
    return record;
  }

  @Override
  public boolean isImmutableType() {
    return record.isImmutableType();
  }

  @Override
  public TypeSerializer<DeadLetter<T>> duplicate() {
    return new DeadLetterSerializer<>(record.duplicate());
  }

  @Override
  @SuppressWarnings("NullAway") // Flink allows null: there is no instance to reuse.
  public DeadLetter<T> createInstance() {
    return null;
  }

  @Override
  public DeadLetter<T> copy(DeadLetter<T> from) {
    return new DeadLetter<>(
        record.copy(from.record()),
        from.cause(),
        from.message(),
        from.model(),
        from.step(),
        from.batch(),
        from.attempts());
  }

  @Override
  public DeadLetter<T> copy(DeadLetter<T> from, DeadLetter<T> reuse) {
    return copy(from);
  }

  @Override
  public int getLength() {
    return -1;
  }

  @Override
  public void serialize(DeadLetter<T> letter, DataOutputView target) throws IOException {
    record.serialize(letter.record(), target);
    target.writeUTF(letter.cause().name());
    // Not writeUTF: a message may be longer than 64 KiB.
    byte[] message = letter.message().getBytes(StandardCharsets.UTF_8);
    target.writeInt(message.length);
    target.write(message);
    target.writeUTF(letter.model().name());
    target.writeUTF(letter.model().version().toString());
    target.writeUTF(letter.model().digest());
    target.writeUTF(letter.step());
    target.writeLong(letter.batch());
    target.writeInt(letter.attempts());
  }

  @Override
  public DeadLetter<T> deserialize(DataInputView source) throws IOException {
    T value = record.deserialize(source);
    DeadLetterCause cause = DeadLetterCause.valueOf(source.readUTF());
    byte[] message = new byte[source.readInt()];
    source.readFully(message);
    ModelVersion model =
        new ModelVersion(
            source.readUTF(), SemanticVersion.parse(source.readUTF()), source.readUTF());
    return new DeadLetter<>(
        value,
        cause,
        new String(message, StandardCharsets.UTF_8),
        model,
        source.readUTF(),
        source.readLong(),
        source.readInt());
  }

  @Override
  public DeadLetter<T> deserialize(DeadLetter<T> reuse, DataInputView source) throws IOException {
    return deserialize(source);
  }

  @Override
  public void copy(DataInputView source, DataOutputView target) throws IOException {
    serialize(deserialize(source), target);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof DeadLetterSerializer<?> that && record.equals(that.record);
  }

  @Override
  public int hashCode() {
    return record.hashCode();
  }

  @Override
  public TypeSerializerSnapshot<DeadLetter<T>> snapshotConfiguration() {
    return new DeadLetterSerializerSnapshot<>(this);
  }
}
