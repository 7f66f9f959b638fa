package io.tidemill.inference.operator;

import io.tidemill.inference.codec.DeadLetter;
import org.apache.flink.api.common.typeutils.CompositeTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializer;

/**
 * What a savepoint keeps of a {@link DeadLetterSerializer}; public because Flink creates it by
 * name.
 */
public final class DeadLetterSerializerSnapshot<T>
    extends CompositeTypeSerializerSnapshot<DeadLetter<T>, DeadLetterSerializer<T>> {
  private static final int VERSION = 1;

  /** For Flink, which then reads it. */
  public DeadLetterSerializerSnapshot() {}

  DeadLetterSerializerSnapshot(DeadLetterSerializer<T> serializer) {
    super(serializer);
  }

  @Override
  protected int getCurrentOuterSnapshotVersion() {
    return VERSION;
  }

  @Override
  protected TypeSerializer<?>[] getNestedSerializers(DeadLetterSerializer<T> outerSerializer) {
    return new TypeSerializer<?>[] {outerSerializer.record()};
  }

  @Override
  @SuppressWarnings("unchecked") // The one nested serializer is the record's.
  protected DeadLetterSerializer<T> createOuterSerializerWithNestedSerializers(
      TypeSerializer<?>[] nestedSerializers) {
    return new DeadLetterSerializer<>((TypeSerializer<T>) nestedSerializers[0]);
  }
}
