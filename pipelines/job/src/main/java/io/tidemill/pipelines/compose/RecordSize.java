package io.tidemill.pipelines.compose;

import io.tidemill.connectors.record.Origin;
import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.List;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * About how much of the heap a record of a job takes, with all that its steps have read and added.
 * Immutable.
 *
 * @param fieldBytes of its fields, each of which is an object
 * @param tensorBytes of the lists and bytes that the models' tensors are made of
 */
record RecordSize(long fieldBytes, long tensorBytes) {
  /** Of a text, bytes, a list or a map, whose type does not tell it. */
  static final int ASSUMED_BYTES = 256;

  /** Of its place, its key and headers, and the bytes that it came as. */
  private static final int ORIGIN_BYTES = 128 + 2 * ASSUMED_BYTES;

  private static final int OBJECT = 16;
  private static final int REFERENCE = 4;

  /** An object of 16 bytes and a reference to it, for what is four bytes in a tensor. */
  private static final int LIST_FACTOR = 5;

  /** As a field, and as the original bytes of the record. */
  private static final int BYTES_FACTOR = 2;

  /** That of the records of steps, which are at least one. */
  static RecordSize of(List<PlannedStep> steps) {
    return new RecordSize(
        bytes(steps.get(steps.size() - 1).binding().outputType()),
        steps.stream()
            .map(step -> step.model().signature())
            .mapToLong(
                signature ->
                    signature.inputs().stream().mapToLong(RecordSize::inputBytes).sum()
                        + signature.outputs().stream().mapToLong(RecordSize::columnBytes).sum())
            .sum());
  }

  /** That of a row of columns, of which nothing is an object. */
  static RecordSize ofColumns(List<PlannedStep> steps) {
    return new RecordSize(
        (long) Long.BYTES * steps.get(steps.size() - 1).binding().outputType().getFieldCount(),
        steps.stream().mapToLong(step -> step.model().signature().bytesPerRow()).sum());
  }

  private static long inputBytes(TensorSpec tensor) {
    return columnBytes(tensor) * (tensor.type() == ElementType.UINT8 ? BYTES_FACTOR : LIST_FACTOR);
  }

  private static long columnBytes(TensorSpec tensor) {
    return tensor.hasFixedRows() ? tensor.column().bytesPerRow() : 0;
  }

  private static long bytes(RowType.RowField field) {
    return field.getName().equals(Origin.COLUMN) ? ORIGIN_BYTES : bytes(field.getType());
  }

  private static long bytes(LogicalType type) {
    return switch (type.getTypeRoot()) {
      case BOOLEAN, TINYINT, NULL -> 0;
      case SMALLINT, INTEGER, FLOAT, DATE, TIME_WITHOUT_TIME_ZONE, INTERVAL_YEAR_MONTH -> OBJECT;
      case BIGINT,
          DOUBLE,
          INTERVAL_DAY_TIME,
          TIMESTAMP_WITHOUT_TIME_ZONE,
          TIMESTAMP_WITH_TIME_ZONE,
          TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          OBJECT + Long.BYTES;
      case DECIMAL -> 4 * OBJECT;
      case ROW ->
          3 * OBJECT
              + ((RowType) type)
                  .getFields().stream().mapToLong(field -> REFERENCE + bytes(field)).sum();
      default -> ASSUMED_BYTES;
    };
  }

  /** That of a full batch. */
  long of(BatchPolicy batching) {
    long tensors = Math.min(batching.maxSize() * tensorBytes, mostTensorBytes(batching));
    return batching.maxSize() * fieldBytes + tensors;
  }

  private static long mostTensorBytes(BatchPolicy batching) {
    return batching.maxBytes() > BatchPolicy.UNLIMITED_BYTES / LIST_FACTOR
        ? Long.MAX_VALUE
        : LIST_FACTOR * batching.maxBytes();
  }
}
