package io.tidemill.connectors.files;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.orc.OrcFile;
import org.apache.orc.Reader;
import org.apache.orc.TypeDescription;

/**
 * What the footer of an ORC file says, read through Hadoop's file systems as Flink's format does.
 */
record OrcFileColumns() implements FileColumns {
  @Override
  public RowType of(FileSourceSplit file) throws IOException {
    TypeDescription schema = schema(file);
    Found found = new Found(file);
    List<String> names = schema.getFieldNames();
    for (int i = 0; i < names.size(); i++) {
      TypeDescription column = schema.getChildren().get(i);
      found.add(names.get(i), column, type(column));
    }
    return found.columns();
  }

  static TypeDescription schema(FileSourceSplit file) throws IOException {
    try (Reader reader =
        OrcFile.createReader(
            new Path(file.path().toUri()), OrcFile.readerOptions(new Configuration()))) {
      return reader.getSchema();
    }
  }

  private static Optional<LogicalType> type(TypeDescription found) {
    return switch (found.getCategory()) {
      case BOOLEAN -> Optional.of(new BooleanType());
      case BYTE -> Optional.of(new TinyIntType());
      case SHORT -> Optional.of(new SmallIntType());
      case INT -> Optional.of(new IntType());
      case LONG -> Optional.of(new BigIntType());
      case FLOAT -> Optional.of(new FloatType());
      case DOUBLE -> Optional.of(new DoubleType());
      case STRING, VARCHAR, CHAR -> Optional.of(new VarCharType(VarCharType.MAX_LENGTH));
      case BINARY -> Optional.of(new VarBinaryType(VarBinaryType.MAX_LENGTH));
      case DATE -> Optional.of(new DateType());
      case TIMESTAMP -> Optional.of(new TimestampType(TimestampType.MAX_PRECISION));
      case DECIMAL -> Optional.of(new DecimalType(found.getPrecision(), found.getScale()));
      case LIST -> type(found.getChildren().get(0)).map(ArrayType::new);
      case MAP ->
          type(found.getChildren().get(0))
              .flatMap(
                  key -> type(found.getChildren().get(1)).map(value -> new MapType(key, value)));
      case STRUCT -> row(found);
      case UNION -> Optional.empty();
    };
  }

  private static Optional<LogicalType> row(TypeDescription struct) {
    List<RowType.RowField> fields = new ArrayList<>();
    for (int i = 0; i < struct.getChildren().size(); i++) {
      String name = struct.getFieldNames().get(i);
      type(struct.getChildren().get(i))
          .ifPresent(type -> fields.add(new RowType.RowField(name, type)));
    }
    return fields.size() == struct.getChildren().size()
        ? Optional.of(new RowType(fields))
        : Optional.empty();
  }
}
