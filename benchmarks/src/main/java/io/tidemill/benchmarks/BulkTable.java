package io.tidemill.benchmarks;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/** The columns of a file, and what is in them: the same at every run. */
enum BulkTable {
  /** {@code id}, and a column for each feature of the model. */
  COLUMNS(EngineWorkload.FEATURES, false),
  /** {@code id}, and the features in one column. */
  ARRAY(EngineWorkload.FEATURES, true),
  /** As the first, with many columns that the model does not read. */
  WIDE(512, false);

  static final String ID = "id";
  static final String FEATURES = "features";

  private final int floats;
  private final boolean inOneArray;

  BulkTable(int floats, boolean inOneArray) {
    this.floats = floats;
    this.inOneArray = inOneArray;
  }

  /** The names of the columns that the model reads. */
  List<String> modelColumns() {
    return inOneArray ? List.of(FEATURES) : names(EngineWorkload.FEATURES);
  }

  /** The names of all columns but the identity. */
  List<String> columns() {
    return inOneArray ? List.of(FEATURES) : names(floats);
  }

  private static List<String> names(int count) {
    return IntStream.range(0, count).mapToObj(i -> "f" + i).toList();
  }

  RowType rowType() {
    LogicalType type = inOneArray ? new ArrayType(new FloatType()) : new FloatType();
    List<RowType.RowField> fields = new ArrayList<>();
    fields.add(new RowType.RowField(ID, new BigIntType()));
    columns().forEach(name -> fields.add(new RowType.RowField(name, type)));
    return new RowType(fields);
  }

  /** Names and types of all columns, as SQL and, with {@code :} between them, YAML have them. */
  String declared(String between) {
    return rowType().getFields().stream()
        .map(field -> field.getName() + between + field.getType().asSerializableString())
        .collect(joining(", "));
  }

  RowData row(long id) {
    if (inOneArray) {
      return GenericRowData.of(id, new GenericArrayData(features(id, floats)));
    }
    GenericRowData row = new GenericRowData(1 + floats);
    row.setField(0, id);
    for (int i = 0; i < floats; i++) {
      row.setField(1 + i, feature(id, i));
    }
    return row;
  }

  static float[] features(long id, int count) {
    float[] features = new float[count];
    for (int i = 0; i < count; i++) {
      features[i] = feature(id, i);
    }
    return features;
  }

  /** Any feature of any row without those before it, between 0 and 1: SplitMix64's step. */
  static float feature(long id, int column) {
    long bits = (id * 1_024 + column + 1) * 0x9E3779B97F4A7C15L;
    bits = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
    bits = (bits ^ (bits >>> 27)) * 0x94D049BB133111EBL;
    return ((bits ^ (bits >>> 31)) >>> 40) * 0x1p-24f;
  }
}
