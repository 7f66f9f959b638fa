package io.tidemill.connectors.table;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FileReading;
import io.tidemill.connectors.options.InvalidOptionsException;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSchema.Column;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.conversion.DataStructureConverter;
import org.apache.flink.table.data.conversion.DataStructureConverters;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.ExceptionUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hive.common.type.HiveDecimal;
import org.apache.hadoop.hive.ql.exec.vector.BytesColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.ColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.DecimalColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.DoubleColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.ListColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.LongColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.MapColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.StructColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.TimestampColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.VectorizedRowBatch;
import org.apache.orc.OrcFile;
import org.apache.orc.TypeDescription;
import org.apache.orc.Writer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of Avro and ORC, read where no record is made of columns. */
@ExtendWith(MiniClusterExtension.class)
class FormatFilesITCase {
  @TempDir private Path folder;

  @Test
  void valuesOfOrcAreReadAsTheTypesThatItsFilesTell() throws Exception {
    TypeDescription types =
        TypeDescription.fromString(
            "struct<a:boolean,b:tinyint,c:smallint,d:int,e:bigint,f:float,g:double,h:string,"
                + "i:varchar(9),j:char(4),k:binary,l:date,m:timestamp,n:decimal(9,2),"
                + "o:decimal(38,10),p:array<float>,q:map<string,double>,r:struct<x:bigint>>");
    Path file = folder.resolve("a.orc");
    try (Writer writer =
        OrcFile.createWriter(
            new org.apache.hadoop.fs.Path(file.toUri()),
            OrcFile.writerOptions(new Configuration()).setSchema(types))) {
      writer.addRowBatch(oneRowAndOneOfNulls(types));
    }
    RecordSchema found =
        new TableConnector()
            .found(options("orc", folder, Map.of()), List.of(), FileReading.USUAL)
            .orElseThrow()
            .schema();

    List<RowData> rows = read("orc", folder, Map.of(), found);

    assertThat(shown(rows, found.rowType()))
        .containsExactly(
            "+I[true, 1, 2, 3, 4, 1.5, 2.5, text, nine, ab, [1, 2], 2026-11-21,"
                + " 2026-11-21T12:34:56.123456789, 1.25, 1E-10, [1.5, 2.5], {k=2.5}, +I[7]]",
            "+I[null, null, null, null, null, null, null, null, null, null, null, null, null, null,"
                + " null, null, null, null]");
  }

  private static VectorizedRowBatch oneRowAndOneOfNulls(TypeDescription types) {
    VectorizedRowBatch batch = types.createRowBatch();
    batch.size = 2;
    for (ColumnVector column : batch.cols) {
      column.noNulls = false;
      column.isNull[1] = true;
    }
    for (int i = 0; i < 5; i++) {
      ((LongColumnVector) batch.cols[i]).vector[0] = Math.max(1, i);
    }
    ((DoubleColumnVector) batch.cols[5]).vector[0] = 1.5;
    ((DoubleColumnVector) batch.cols[6]).vector[0] = 2.5;
    text(batch.cols[7], "text");
    text(batch.cols[8], "nine");
    text(batch.cols[9], "ab");
    ((BytesColumnVector) batch.cols[10]).setVal(0, new byte[] {1, 2});
    ((LongColumnVector) batch.cols[11]).vector[0] = LocalDate.of(2026, 11, 21).toEpochDay();
    ((TimestampColumnVector) batch.cols[12])
        .set(0, Timestamp.valueOf("2026-11-21 12:34:56.123456789"));
    ((DecimalColumnVector) batch.cols[13]).set(0, HiveDecimal.create("1.25"));
    ((DecimalColumnVector) batch.cols[14]).set(0, HiveDecimal.create("0.0000000001"));
    ListColumnVector list = (ListColumnVector) batch.cols[15];
    list.lengths[0] = 2;
    list.childCount = 2;
    ((DoubleColumnVector) list.child).vector[0] = 1.5;
    ((DoubleColumnVector) list.child).vector[1] = 2.5;
    MapColumnVector map = (MapColumnVector) batch.cols[16];
    map.lengths[0] = 1;
    map.childCount = 1;
    text(map.keys, "k");
    ((DoubleColumnVector) map.values).vector[0] = 2.5;
    ((LongColumnVector) ((StructColumnVector) batch.cols[17]).fields[0]).vector[0] = 7;
    return batch;
  }

  private static void text(ColumnVector column, String text) {
    ((BytesColumnVector) column).setVal(0, text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> shown(List<RowData> rows, RowType type) {
    DataStructureConverter<Object, Object> converter =
        DataStructureConverters.getConverter(TypeConversions.fromLogicalToDataType(type));
    converter.open(FormatFilesITCase.class.getClassLoader());
    return rows.stream().map(row -> String.valueOf(converter.toExternal(row))).toList();
  }

  @Test
  void aColumnThatAnOrcFileLacksFailsTheJobUnlessItMay() throws Exception {
    write("orc", 1);
    RecordSchema schema = schema("id INT", "hour DOUBLE");

    assertThatThrownBy(() -> read("orc", folder.resolve("orc"), Map.of(), schema))
        .satisfies(
            failure ->
                assertThat(
                        ExceptionUtils.findThrowable(failure, RecordFailureException.class)
                            .orElseThrow())
                    .hasMessageContaining("column 'hour': not in the file")
                    .hasMessageContaining("set orc.may-lack-columns: true"));
    List<RowData> rows =
        read("orc", folder.resolve("orc"), Map.of("orc.may-lack-columns", "true"), schema);
    assertThat(rows).singleElement().satisfies(row -> assertThat(row.getInt(0)).isZero());
    assertThat(rows.get(0).isNullAt(1)).isTrue();
  }

  /** Flink's format does not hand it to ORC. */
  @Test
  void orcsColumnsByTheirOrderAreRefused() {
    Map<String, String> byOrder = Map.of("orc.force.positional.evolution", "true");
    SourceSpec spec = spec("orc", folder, byOrder, schema("id INT"));

    assertThatThrownBy(() -> new TableConnector().source(spec))
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessageContaining("source: orc.force.positional.evolution: true (expected: none; ");
    new TableConnector()
        .source(
            spec(
                "orc",
                folder,
                Map.of("orc.force.positional.evolution", "false"),
                schema("id INT")));
  }

  @Test
  void onlyASourceThatEndsTellsThatAFileDoesNotFit() throws Exception {
    write("orc", 1);

    assertThat(misfit("orc", Map.of())).get().asString().contains("'hour': not in the file");
    assertThat(misfit("orc", Map.of("source.monitor-interval", "1 s"))).isEmpty();
  }

  /** As one on a file system that is gone. */
  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aFileThatDoesNotAnswerIsNoMisfit() throws Exception {
    Path pipe = Files.createDirectory(folder.resolve("avro")).resolve("a.avro");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();

    assertThat(misfit("avro", Map.of())).isEmpty();
  }

  private Optional<String> misfit(String format, Map<String, String> more) {
    return new TableConnector()
        .source(spec(format, folder.resolve(format), more, schema("id INT", "hour DOUBLE")))
        .misfit(Duration.ofSeconds(5));
  }

  /** More than Flink reads of ORC at once, and Avro of a block. */
  @ParameterizedTest
  @ValueSource(strings = {"avro", "orc"})
  void recordsKnowTheirPlace(String format) throws Exception {
    int count = 20_000;
    write(format, count);

    List<RowData> rows = read(format, folder.resolve(format), Map.of(), schema("id INT"));

    assertThat(rows).hasSize(count);
    Map<Long, Integer> inBlock = new HashMap<>();
    for (int i = 0; i < count; i++) {
      Origin origin = requireNonNull(Origin.of(rows.get(i), 1));
      assertThat(rows.get(i).getInt(0)).isEqualTo(i);
      assertThat(origin.string(Origin.TOPIC)).startsWith("file:").contains("part-");
      if (format.equals("orc")) {
        assertThat(origin.field(Origin.OFFSET)).isEqualTo((long) i);
        assertThat(origin.field(Origin.PARTITION)).isNull();
      } else {
        int before = inBlock.merge((Long) origin.field(Origin.OFFSET), 1, Integer::sum) - 1;
        assertThat(origin.field(Origin.PARTITION)).isEqualTo(before);
        assertThat(origin.position())
            .endsWith("/%d/%s".formatted(before, origin.field(Origin.OFFSET)));
      }
    }
    assertThat(inBlock.size()).isGreaterThanOrEqualTo(format.equals("orc") ? 0 : 2);
  }

  /** Records with numbers from 0, in one file of the folder that is named as its format. */
  private void write(String format, int count) throws Exception {
    Path json = Files.createDirectory(folder.resolve("json"));
    Files.write(
        json.resolve("a.json"),
        IntStream.range(0, count).mapToObj("{\"id\":%d}"::formatted).toList());
    RecordSchema schema = schema("id INT");
    StreamExecutionEnvironment environment = environment();
    new TableConnector()
        .sink(
            new SinkSpec(
                options(format, folder.resolve(format), Map.of()),
                schema,
                TableKeys.NONE,
                Origin.appendTo(schema.rowType()),
                options("json", json, Map.of()),
                "job",
                List.of()))
        .attach(
            new TableConnector()
                .source(spec("json", json, Map.of(), schema))
                .attach(environment, "source")
                .records(),
            "sink");
    environment.execute();
  }

  private static List<RowData> read(
      String format, Path path, Map<String, String> more, RecordSchema schema) throws Exception {
    List<RowData> collected = new ArrayList<>();
    try (CloseableIterator<RowData> rows =
        new TableConnector()
            .source(spec(format, path, more, schema))
            .attach(environment(), "source")
            .records()
            .executeAndCollect()) {
      rows.forEachRemaining(collected::add);
    }
    return collected;
  }

  private static SourceSpec spec(
      String format, Path path, Map<String, String> more, RecordSchema schema) {
    return new SourceSpec(options(format, path, more), schema, TableKeys.NONE, false);
  }

  private static RecordSchema schema(String... columns) {
    List<Column> all = new ArrayList<>();
    for (String column : columns) {
      String[] parts = column.split(" ", 2);
      all.add(new Column(parts[0], parts[1]));
    }
    return RecordSchema.ofColumns(all);
  }

  private static ConnectorOptions options(String format, Path path, Map<String, String> more) {
    Map<String, String> options = new HashMap<>(more);
    options.put("connector", "filesystem");
    options.put("path", path.toUri().toString());
    options.put("format", format);
    return new ConnectorOptions("source", options);
  }

  private static StreamExecutionEnvironment environment() {
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setRuntimeMode(RuntimeExecutionMode.BATCH);
    environment.setParallelism(1);
    return environment;
  }
}
