package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.codec.DeadLetter;
import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.jspecify.annotations.Nullable;

/**
 * The type of dead letters, for the side output that carries them.
 *
 * @param <T> the record
 */
public final class DeadLetterTypeInfo<T> extends TypeInformation<DeadLetter<T>> {
  private static final long serialVersionUID = 1L;
  private static final int FIELDS = 7;

  private final TypeInformation<T> record;

  public DeadLetterTypeInfo(TypeInformation<T> record) {
    this.record = requireNonNull(record, "record");
  }

  @Override
  public boolean isBasicType() {
    return false;
  }

  @Override
  public boolean isTupleType() {
    return false;
  }

  @Override
  public int getArity() {
    return FIELDS;
  }

  @Override
  public int getTotalFields() {
    return FIELDS;
  }

  @Override
  @SuppressWarnings({"unchecked", "rawtypes"}) // A class literal has no type arguments.
  public Class<DeadLetter<T>> getTypeClass() {
    return (Class) DeadLetter.class;
  }

  @Override
  public boolean isKeyType() {
    return false;
  }

  @Override
  public TypeSerializer<DeadLetter<T>> createSerializer(SerializerConfig config) {
    return new DeadLetterSerializer<>(record.createSerializer(config));
  }

  @Override
  public String toString() {
    return "DeadLetter<" + record + ">";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof DeadLetterTypeInfo<?> that && record.equals(that.record);
  }

  @Override
  public int hashCode() {
    return record.hashCode();
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof DeadLetterTypeInfo;
  }
}
