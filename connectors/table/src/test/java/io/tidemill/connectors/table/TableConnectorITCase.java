package io.tidemill.connectors.table;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FileReading;
import io.tidemill.connectors.options.InvalidOptionsException;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.KeptDeadLetters;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.connectors.record.SourceStreams;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.throwable.ThrowableClassifier;
import org.apache.flink.runtime.throwable.ThrowableType;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.Collector;
import org.apache.flink.util.ExceptionUtils;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(MiniClusterExtension.class)
class TableConnectorITCase {
  private static final RecordSchema SCHEMA =
      RecordSchema.ofColumns(
          List.of(
              new RecordSchema.Column("id", "STRING"),
              new RecordSchema.Column("amount", "DOUBLE")));

  @TempDir Path folder;

  @Test
  void datagenIsASource() throws Exception {
    RecordSource source =
        new TableConnector()
            .source(
                new SourceSpec(
                    options(
                        "source",
                        Map.of(
                            "connector",
                            "datagen",
                            "number-of-rows",
                            "7",
                            "fields.id.length",
                            "4")),
                    SCHEMA,
                    true));
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.STREAMING);

    List<RowData> rows = collect(source.attach(environment, "source").records());

    assertThat(source.bounded()).isTrue();
    assertThat(source.freshRecords()).isFalse();
    assertThat(rows).hasSize(7);
    assertThat(rows.get(0).getString(0).toString()).hasSize(4);
    assertThat(rows.get(0).isNullAt(Origin.indexIn(source.rowType()))).isTrue();
  }

  @Test
  void filesAreCopiedInStreamingMode() throws Exception {
    copiesFiles(RuntimeExecutionMode.STREAMING);
  }

  @Test
  void filesAreCopiedInBatchMode() throws Exception {
    copiesFiles(RuntimeExecutionMode.BATCH);
  }

  @Test
  void partitionsAreFoldersThatAreColumns() throws Exception {
    Path in = Files.createDirectories(folder.resolve("in"));
    Files.write(
        in.resolve("a.json"),
        List.of("{\"id\":\"a\",\"amount\":1.0}", "{\"id\":\"b\",\"amount\":2.5}"));
    Path out = folder.resolve("out");
    TableKeys byId = new TableKeys(List.of(), List.of("id"), false);

    copy(files("source", in), TableKeys.NONE, files("sink", out), byId);

    assertThat(lines(out.resolve("id=a"))).containsExactly("{\"amount\":1.0}");
    assertThat(lines(out.resolve("id=b"))).containsExactly("{\"amount\":2.5}");

    Path again = folder.resolve("again");
    copy(files("source", out), byId, files("sink", again), TableKeys.NONE);

    assertThat(lines(again))
        .containsExactlyInAnyOrder(
            "{\"id\":\"a\",\"amount\":1.0}", "{\"id\":\"b\",\"amount\":2.5}");
  }

  @Test
  void overwriteReplacesTheFoldersThatRowsGoTo() throws Exception {
    Path in = Files.createDirectories(folder.resolve("in"));
    Path out = folder.resolve("out");
    TableKeys byId = new TableKeys(List.of(), List.of("id"), true);
    Files.write(
        in.resolve("a.json"),
        List.of("{\"id\":\"a\",\"amount\":1.0}", "{\"id\":\"b\",\"amount\":2.5}"));
    copy(files("source", in), TableKeys.NONE, files("sink", out), byId);
    Files.write(in.resolve("a.json"), List.of("{\"id\":\"a\",\"amount\":7.0}"));

    copy(files("source", in), TableKeys.NONE, files("sink", out), byId);

    assertThat(lines(out.resolve("id=a"))).containsExactly("{\"amount\":7.0}");
    assertThat(lines(out.resolve("id=b"))).containsExactly("{\"amount\":2.5}");
  }

  @Test
  void numbersThatJsonDoesNotHaveAreWrittenByTheJobsWord() throws Exception {
    Path in = Files.createDirectories(folder.resolve("in"));
    Files.write(in.resolve("a.json"), List.of("{\"id\":\"a\",\"amount\":\"NaN\"}"));
    ConnectorOptions source = files("source", in);
    Map<String, String> written = Map.of("null", "null", "text", "\"NaN\"");

    for (Map.Entry<String, String> word : written.entrySet()) {
      Path out = folder.resolve(word.getKey());
      copy(source, nonFinite(out, word.getKey()));
      assertThat(lines(out))
          .containsExactly("{\"id\":\"a\",\"amount\":%s}".formatted(word.getValue()));
    }
    Path none = Files.createDirectory(folder.resolve("none"));
    assertThatThrownBy(() -> copy(source, files("sink", none)))
        .hasStackTraceContaining(
            "a.json/0: its prediction does not encode: field 'amount' is NaN (expected: a number"
                + " that JSON has; the option json.non-finite of the sink");
    assertThat(lines(none)).isEmpty();
    assertThatThrownBy(() -> sink(nonFinite(none, "nul"), TableKeys.NONE))
        .hasMessageContaining("json.non-finite: 'nul' (did you mean 'null'?");
  }

  private static ConnectorOptions nonFinite(Path out, String word) {
    Map<String, String> options = new HashMap<>(files("sink", out).values());
    options.put("json.non-finite", word);
    return options("sink", options);
  }

  @Test
  void overwriteByNoRowsEmptiesAFolderWithoutPartitions() throws Exception {
    Path in = Files.createDirectories(folder.resolve("in"));
    Path out = folder.resolve("out");
    TableKeys replacing = new TableKeys(List.of(), List.of(), true);
    Files.write(in.resolve("a.json"), List.of("{\"id\":\"a\",\"amount\":1.0}"));
    copy(files("source", in), TableKeys.NONE, files("sink", out), replacing);
    assertThat(lines(out)).hasSize(1);
    Files.write(in.resolve("a.json"), List.of());

    copy(files("source", in), TableKeys.NONE, files("sink", out), replacing);

    assertThat(lines(out)).isEmpty();
  }

  @Test
  void overwriteIsRefusedWhereItHasNoEndOrNoMeaning() {
    TableKeys replacing = new TableKeys(List.of(), List.of(), true);
    RecordSink sink = sink(files("sink", folder), replacing);

    assertThat(sink.guarantee()).contains("which replaces what its partitions hold");
    assertThat(
            sink.problemsWith(
                new CheckpointPlan(Optional.of(Duration.ofSeconds(1)), Duration.ZERO, false)))
        .singleElement()
        .asString()
        .contains(
            "overwrite: true in a job that has no end (expected: mode: batch, whose predictions"
                + " replace the old ones at once)");
    assertThatThrownBy(() -> sink(options("sink", Map.of("connector", "blackhole")), replacing))
        .hasMessage(
            "job.yaml: sink: overwrite: not taken by 'blackhole' (expected: a connector that"
                + " replaces partitions, such as filesystem or iceberg)");
  }

  /** Flink writes it, and failed to read it. */
  @Test
  void recordsWithoutAValueAreInAFolderOfTheirOwn() throws Exception {
    Path in = Files.createDirectories(folder.resolve("in"));
    Files.write(
        in.resolve("a.json"),
        List.of("{\"id\":\"50%/=a\",\"amount\":1.0}", "{\"id\":null,\"amount\":2.5}"));
    Path out = folder.resolve("out");
    TableKeys byId = new TableKeys(List.of(), List.of("id"), false);

    copy(files("source", in), TableKeys.NONE, files("sink", out), byId);

    assertThat(lines(out.resolve("id=__DEFAULT_PARTITION__"))).containsExactly("{\"amount\":2.5}");

    Path again = folder.resolve("again");
    copy(files("source", out), byId, files("sink", again), TableKeys.NONE);

    assertThat(lines(again))
        .containsExactlyInAnyOrder(
            "{\"id\":\"50%/=a\",\"amount\":1.0}", "{\"id\":null,\"amount\":2.5}");
  }

  /** Flink would write the number of days since 1970, and read it as no date. */
  @Test
  void partitionsOfDatesAreNotWritten() {
    RecordSchema dates =
        RecordSchema.ofColumns(
            List.of(
                new RecordSchema.Column("id", "STRING"), new RecordSchema.Column("day", "DATE")));
    ConnectorOptions files = files("sink", folder);
    TableKeys byDay = new TableKeys(List.of(), List.of("day"), false);

    assertThatThrownBy(
            () ->
                new TableConnector()
                    .sink(
                        new SinkSpec(
                            files,
                            dates,
                            byDay,
                            Origin.appendTo(dates.rowType()),
                            files,
                            "job",
                            List.of())))
        .hasMessage(
            "job.yaml: sink: partitioned-by: 'day' of type DATE, which a folder's name does not hold"
                + " as it is (expected: STRING, or a whole number's type)");
    assertThat(new TableConnector().source(new SourceSpec(files, dates, byDay, false)).bounded())
        .isTrue();
  }

  @Test
  void primaryKeyOfFilesIsRefused() {
    assertThatThrownBy(
            () -> sink(files("sink", folder), new TableKeys(List.of("id"), List.of("id"), false)))
        .hasMessage(
            "job.yaml: sink: primary-key: not taken by 'filesystem' (expected: a connector that"
                + " writes rows by their key, such as jdbc)");
  }

  @Test
  void partitionsThatLeaveTheFilesNoColumnAreRefused() {
    assertThatThrownBy(
            () ->
                sink(
                    files("sink", folder),
                    new TableKeys(List.of(), List.of("id", "amount"), false)))
        .hasMessage(
            "job.yaml: sink: partitioned-by: every column (expected: one at least that is in the"
                + " files)");
  }

  @Test
  void tombstonesAreNotWrittenToATable() throws Exception {
    Path out = folder.resolve("out");
    var rowType = Origin.appendTo(SCHEMA.rowType());
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    GenericRowData tombstone = new GenericRowData(RowKind.DELETE, 3);
    GenericRowData record = GenericRowData.of(StringData.fromString("a"), 1.0, null);

    sink(out).attach(environment.fromData(InternalTypeInfo.of(rowType), tombstone, record), "sink");
    environment.execute();

    assertThat(lines(out)).containsExactly("{\"id\":\"a\",\"amount\":1.0}");
  }

  @Test
  void deadLettersAreRowsOfATable() throws Exception {
    Path out = folder.resolve("dead");
    RecordSink sink =
        new TableConnector()
            .deadLetters(
                new DeadLetterSpec(
                    files("dead-letter", out),
                    options("source", Map.of("connector", "datagen")),
                    files("sink", out),
                    "job",
                    List.of(Header.of("tidemill.model", "fraud"))));
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    RowData row =
        DeadLetterRecord.of(
                null, "score", "java.lang.Error", "boom", Map.of("tidemill.step", "score"))
            .withValue("original".getBytes(UTF_8))
            .toRow();

    sink.attach(environment.fromData(DeadLetterRecord.typeInformation(), row), "dead-letters");
    environment.execute();

    assertThat(lines(out))
        .singleElement()
        .asString()
        .contains("\"value\":\"b3JpZ2luYWw=\"")
        .contains("\"stage\":\"score\"")
        .contains("\"message\":\"boom\"")
        .contains("\"tidemill.step\":\"score\"")
        .contains("\"tidemill.model\":\"fraud\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "avro"})
  void deadLettersAreReadAsTheyWereWritten(String format) throws Exception {
    Path out = folder.resolve("dead");
    DeadLetterSpec spec =
        new DeadLetterSpec(
            files("dead-letter", out, format),
            options("source", Map.of("connector", "datagen")),
            files("sink", folder.resolve("out")),
            "job",
            List.of(Header.of("tidemill.job", "job")));
    KeptDeadLetters none = new TableConnector().kept(spec);
    assertThat(none.obstacles(Duration.ofSeconds(1)))
        .singleElement()
        .asString()
        .contains("dead-letter: path: '")
        .contains("is not there");
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    RowData[] rows = new RowData[3];
    for (int i = 0; i < rows.length; i++) {
      rows[i] =
          DeadLetterRecord.of(null, "score", "java.lang.Error", "boom " + i, Map.of("a", "b"))
              .withValue(new byte[] {(byte) i, -1})
              .toRow();
    }
    new TableConnector()
        .deadLetters(spec)
        .attach(environment.fromData(DeadLetterRecord.typeInformation(), rows), "dead-letters");
    environment.execute();
    Files.writeString(out.resolve("_SUCCESS"), "no letter");

    KeptDeadLetters kept = new TableConnector().kept(spec);
    List<String> read = new ArrayList<>();
    List<String> addresses = new ArrayList<>();
    kept.forEach(
        List.of(),
        found -> {
          DeadLetterRecord letter = requireNonNull(found.letter());
          addresses.add(found.address());
          byte[] value = requireNonNull(letter.value());
          assertThat(value).hasSize(2).endsWith(-1);
          read.add(letter.message() + " " + value[0] + " " + letter.context());
        });

    assertThat(kept.obstacles(Duration.ofSeconds(1))).isEmpty();
    assertThat(read)
        .containsExactly(
            "boom 0 0 {a=b, tidemill.job=job}",
            "boom 1 1 {a=b, tidemill.job=job}",
            "boom 2 2 {a=b, tidemill.job=job}");
    assertThat(addresses).allMatch(address -> address.matches("part-[^/]+:[123]"));
    assertThat(addresses.get(1)).endsWith(":2");
    assertThatThrownBy(() -> kept.forEach(List.of("dead/0/1"), found -> {}))
        .hasMessage("address: 'dead/0/1' (expected: FILE:LINE, as 'ls' prints it)");
  }

  @Test
  void lineThatIsNoDeadLetterIsToldApart() throws Exception {
    Path out = Files.createDirectories(folder.resolve("dead"));
    Files.write(out.resolve("a.json"), List.of("{\"id\":1}", "{\"stage\":\"s\"}"));
    Files.write(out.resolve("broken.json"), List.of("broken", "{\"stage\":\"s\"}", "{\"stage\":"));
    KeptDeadLetters kept =
        new TableConnector()
            .kept(
                new DeadLetterSpec(
                    options(
                        "dead-letter",
                        Map.of(
                            "connector",
                            "filesystem",
                            "path",
                            out.toString(),
                            "format",
                            "json",
                            "sink.rolling-policy.rollover-interval",
                            "1 min")),
                    options("source", Map.of("connector", "datagen")),
                    files("sink", folder.resolve("out")),
                    "job",
                    List.of()));
    List<String> read = new ArrayList<>();
    KeptDeadLetters.Reader reader =
        found -> read.add(found.address() + " " + (found.letter() != null));

    kept.forEach(List.of("a.json:1"), reader);
    assertThat(read).containsExactly("a.json:1 false", "a.json:2 true");
    read.clear();
    kept.forEach(List.of(), reader);

    assertThat(read)
        .containsExactlyInAnyOrder(
            "a.json:1 false",
            "a.json:2 true",
            "broken.json:1 false",
            "broken.json:2 true",
            "broken.json:3 false");
  }

  /** As a job that runs does to its files, at each checkpoint. */
  @Test
  void deadLettersAreReadWhileFilesBesideThemMove() throws Exception {
    Path out = Files.createDirectories(folder.resolve("dead"));
    Files.write(out.resolve("a.json"), List.of("{\"stage\":\"s\"}"));
    DeadLetterSpec spec =
        new DeadLetterSpec(
            files("dead-letter", out),
            options("source", Map.of("connector", "datagen")),
            files("sink", folder.resolve("out")),
            "job",
            List.of());
    AtomicBoolean enough = new AtomicBoolean();
    CompletableFuture<Void> job =
        CompletableFuture.runAsync(
            () -> {
              while (!enough.get()) {
                moves(out);
              }
            });
    try {
      for (int look = 0; look < 200; look++) {
        List<String> read = new ArrayList<>();
        new TableConnector()
            .kept(spec)
            .forEach(List.of("a.json:1"), found -> read.add(found.address()));
        assertThat(read).containsExactly("a.json:1");
      }
    } finally {
      enough.set(true);
      job.get();
    }
  }

  private static void moves(Path folder) {
    try {
      Path moved = Files.move(Files.createFile(folder.resolve(".b")), folder.resolve("b.json"));
      Files.delete(moved);
      // Or no listing would ever be whole.
      LockSupport.parkNanos(100_000);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void blackholeAndPrintAreSinks() throws Exception {
    for (String connector : List.of("blackhole", "print")) {
      StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.STREAMING);
      var rowType = Origin.appendTo(SCHEMA.rowType());
      RecordSink sink = sink(options("sink", Map.of("connector", connector)));
      sink.attach(
          environment.fromData(
              InternalTypeInfo.of(rowType),
              (RowData) GenericRowData.of(StringData.fromString("a"), 1.0, null)),
          "sink");
      environment.execute();

      assertThat(sink.guarantee()).contains(connector);
    }
  }

  @Test
  void filesWithCheckpointsOffAreRefused() {
    RecordSink sink = sink(folder);

    assertThat(sink.problemsWith(new CheckpointPlan(Optional.empty(), Duration.ZERO, false)))
        .singleElement()
        .asString()
        .contains("'filesystem' with checkpoints off");
    assertThat(sink.problemsWith(new CheckpointPlan(Optional.empty(), Duration.ZERO, true)))
        .isEmpty();
  }

  @Test
  void unknownOptionIsRefusedWithTheNearest() {
    assertThatThrownBy(
            () ->
                new TableConnector()
                    .source(
                        new SourceSpec(
                            options("source", Map.of("connector", "datagen", "number-of-row", "7")),
                            SCHEMA,
                            false)))
        .hasMessageStartingWith(
            "job.yaml: source: number-of-row: unknown option (did you mean 'number-of-rows'? allowed: ");
  }

  @ParameterizedTest
  @CsvSource({
    "whole-file, whole-files",
    "partitoned-by, partitioned-by",
    "csv.field-delimitr, csv.field-delimiter"
  })
  void unknownOptionIsRefusedWithTheNearestOfTheFormatAndOfTheJob(String option, String nearest) {
    Map<String, String> files =
        Map.of("connector", "filesystem", "path", "in", "format", "csv", option, "true");

    assertThatThrownBy(
            () ->
                new TableConnector()
                    .source(new SourceSpec(options("source", files), SCHEMA, false)))
        .hasMessageStartingWith(
            "job.yaml: source: "
                + option
                + ": unknown option (did you mean '"
                + nearest
                + "'? allowed: ");
  }

  @Test
  void unknownFormatIsRefusedOnce() {
    var files = options("sink", Map.of("connector", "filesystem", "path", "in", "format", "jsn"));
    var source = options("source", Map.of("connector", "datagen"));

    assertThatThrownBy(() -> new TableConnector().check(files, source))
        .isInstanceOfSatisfying(
            InvalidOptionsException.class,
            refused ->
                assertThat(refused.problems())
                    .singleElement()
                    .asString()
                    .startsWith("job.yaml: sink: format: 'jsn' is not on the class path"));
  }

  @Test
  void starsInAPathAreRefusedForASinkAndBesideAnotherPattern() {
    Map<String, String> files = Map.of("connector", "filesystem", "path", "in/*", "format", "json");
    Map<String, String> twice = new HashMap<>(files);
    twice.put("source.path.regex-pattern", ".*");

    assertThatThrownBy(() -> sink(options("sink", files)))
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessage(
            "job.yaml: sink: path: 'in/*' with '*' or '?' (expected: one folder, to write to)");
    assertThatThrownBy(
            () ->
                new TableConnector()
                    .source(new SourceSpec(options("source", twice).ofOneFolder(), SCHEMA, false)))
        .hasMessageContaining(
            "path: 'in/*' with '*' or '?' (expected: that, or source.path.regex-");
  }

  @Test
  void unknownConnectorIsRefusedWithTheKnown() {
    assertThatThrownBy(() -> sink(options("sink", Map.of("connector", "filesytem"))))
        .hasMessageStartingWith(
            "job.yaml: sink: connector: 'filesytem' is not on the class path (did you mean"
                + " 'filesystem'? expected: one of ")
        .hasMessageContaining("kafka");
    assertThatThrownBy(() -> sink(options("sink", Map.of("connector", "mongodb"))))
        .as("what nobody has tested is not offered")
        .hasMessageStartingWith(
            "job.yaml: sink: connector: 'mongodb' is not on the class path (expected: one of ")
        .hasMessageEndingWith(
            ", or the jar that brings it, in the folder of TIDEMILL_LIB or, on a cluster, Flink's"
                + " lib)");
  }

  @Test
  void whatCarriesChangesOfATableIsRefusedByItsNameAndNotOffered() {
    assertThatThrownBy(() -> source(Map.of("connector", "filesytem")))
        .hasMessageContaining("did you mean 'filesystem'?")
        .hasMessageNotContaining("upsert-kafka");
    assertThatThrownBy(
            () ->
                source(
                    Map.of("connector", "filesystem", "path", "/tmp/x", "format", "debezium-json")))
        .hasMessage(
            "job.yaml: source: format: 'debezium-json' carries changes of a table (expected: a"
                + " format of plain records)");
  }

  private static RecordSource source(Map<String, String> values) {
    return new TableConnector().source(new SourceSpec(options("source", values), SCHEMA, true));
  }

  @Test
  void unknownFormatIsRefusedWithItsJar() {
    assertThatThrownBy(
            () ->
                sink(
                    options(
                        "sink",
                        Map.of("connector", "filesystem", "path", "/tmp/x", "format", "protobuf"))))
        .hasMessageStartingWith(
            "job.yaml: sink: format: 'protobuf' is not on the class path (expected: ")
        .hasMessageEndingWith(
            "or the jar of org.apache.flink:flink-protobuf, com.google.protobuf:protobuf-java and that"
                + " of the message's class, in the folder of TIDEMILL_LIB or, on a cluster, Flink's lib)");
  }

  @Test
  void noFormatIsToldOfWhereTheConnectorTakesNone() {
    ConnectorOptions print = options("sink", Map.of("connector", "print", "format", "protobuf"));

    assertThatThrownBy(() -> sink(print))
        .hasMessageStartingWith("job.yaml: sink: format: unknown option (")
        .hasMessageNotContaining("class path");
    new TableConnector().check(print, print);
  }

  @Test
  void whatAvroCannotKeepIsRefused() {
    RecordSchema none =
        RecordSchema.ofColumns(List.of(new RecordSchema.Column("at", "MAP<INT, INT>")));
    RecordSchema fine = columnAt("TIMESTAMP(9)");
    Map<String, String> packed = new HashMap<>(files("sink", folder, "avro").values());
    packed.put("avro.codec", "zip");

    assertThatThrownBy(
            () ->
                new TableConnector()
                    .source(new SourceSpec(files("source", folder, "avro"), none, false)))
        .hasMessageStartingWith("job.yaml: source: format: 'avro': Avro schema: ");
    assertThatThrownBy(() -> sink(files("sink", folder, "avro"), fine))
        .hasMessageStartingWith(
            "job.yaml: sink: format: 'avro': Avro does not support LOCAL TIMESTAMP type with"
                + " precision: 9");
    assertThatThrownBy(() -> sink(options("sink", packed), SCHEMA))
        .hasMessage(
            "job.yaml: sink: format: 'avro': codec: 'zip' (expected: null, deflate, snappy, bzip2,"
                + " xz or zstandard)");
    assertThatThrownBy(
            () ->
                sink(
                    options("sink", Map.of("connector", "print", "format", "avro")),
                    columnAt("TIMESTAMP(6)")))
        .hasMessageStartingWith(
            "job.yaml: sink: format: 'avro' reads and writes field 'at' TIMESTAMP(6) as"
                + " milliseconds (expected: TIMESTAMP(3);");
  }

  private static RecordSchema columnAt(String type) {
    return RecordSchema.ofColumns(List.of(new RecordSchema.Column("at", type)));
  }

  private static RecordSink sink(ConnectorOptions to, RecordSchema schema) {
    return new TableConnector()
        .sink(
            new SinkSpec(
                to,
                schema,
                Origin.appendTo(schema.rowType()),
                options("source", Map.of("connector", "filesystem")),
                "job",
                List.of()));
  }

  /** Avro's own library is the judge. */
  @ParameterizedTest
  @CsvSource({
    "TIMESTAMP(3), false, local-timestamp-millis, 1700000000123",
    "TIMESTAMP(3), true, timestamp-millis, 1700000000123",
    "TIMESTAMP(6), false, local-timestamp-micros, 1700000000123456",
    "TIMESTAMP_LTZ(6), false, timestamp-micros, 1700000000123456",
  })
  void timesAreWrittenToFilesOfAvroAsTopicsHaveThem(
      String type, String legacy, String logicalType, long count) throws Exception {
    RecordSchema schema = columnAt(type);
    Path in = Files.createDirectory(folder.resolve("in"));
    String zone = type.startsWith("TIMESTAMP_LTZ") ? "Z" : "";
    Files.writeString(
        in.resolve("a.json"), "{\"at\":\"2023-11-14 22:13:20.123456%s\"}\n{}\n".formatted(zone));
    Map<String, String> out = new HashMap<>(files("sink", folder.resolve("out"), "avro").values());
    out.put("avro.timestamp_mapping.legacy", legacy);
    out.put("avro.codec", "deflate");
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    RecordSource source =
        new TableConnector().source(new SourceSpec(files("source", in), schema, false));

    sink(options("sink", out), schema)
        .attach(source.attach(environment, "source").records(), "sink");
    environment.execute();

    try (Stream<Path> written = Files.list(folder.resolve("out"));
        DataFileReader<GenericRecord> records =
            new DataFileReader<>(
                written.findFirst().orElseThrow().toFile(), new GenericDatumReader<>())) {
      assertThat(records.getMetaString("avro.codec")).isEqualTo("deflate");
      assertThat(
              records.getSchema().getField("at").schema().getTypes().get(1).getProp("logicalType"))
          .isEqualTo(logicalType);
      assertThat(records.iterator())
          .toIterable()
          .extracting(record -> record.get("at"))
          .containsExactly(count, null);
    }
  }

  @Test
  void missingOptionIsRefused() {
    assertThatThrownBy(() -> sink(options("sink", Map.of("connector", "filesystem"))))
        .hasMessageStartingWith("job.yaml: sink: connector: 'filesystem': ")
        .hasMessageContaining("path");
  }

  private void copiesFiles(RuntimeExecutionMode mode) throws Exception {
    Path in = Files.createDirectory(folder.resolve("in"));
    Files.writeString(
        in.resolve("a.json"), "{\"id\":\"a\",\"amount\":1.5}\n{\"id\":\"b\",\"amount\":2.5}\n");
    Path out = folder.resolve("out");
    RecordSource source =
        new TableConnector().source(new SourceSpec(files("source", in), SCHEMA, false));
    StreamExecutionEnvironment environment = environment(mode);

    sink(out).attach(source.attach(environment, "source").records(), "sink");
    assertThat(environment.getStreamGraph(false).getStreamNodes())
        .extracting(StreamNode::getTransformationUID)
        .doesNotContainNull();
    environment.execute();

    assertThat(lines(out))
        .containsExactlyInAnyOrder(
            "{\"id\":\"a\",\"amount\":1.5}", "{\"id\":\"b\",\"amount\":2.5}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"avro", "csv", "orc", "parquet"})
  void filesOfOtherFormatsAreWrittenAndRead(String format) throws Exception {
    Path in = Files.createDirectory(folder.resolve("in"));
    String line = "{\"id\":\"zw\u00f6lf, \\\"12\\\"\",\"amount\":1.5}";
    Files.writeString(in.resolve("a.json"), line + "\n");
    Path between = folder.resolve("between");
    Path out = folder.resolve("out");

    copy(files("source", in), files("sink", between, format));
    copy(files("source", between, format), files("sink", out));

    assertThat(lines(out)).containsExactly(line);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "json | {\"id\": | Failed to deserialize JSON '{\"id\":'. ",
        "csv | a,much | Failed to deserialize CSV row 'a,much'.: Fail to deserialize at field: amount.",
      },
      quoteCharacter = '`')
  void recordThatDoesNotDecodeFailsTheJobWithItsFileAndIsNotTriedAgain(
      String format, String line, String why) throws Exception {
    Path in = Files.createDirectory(folder.resolve("in"));
    Files.writeString(in.resolve("bad.txt"), line + "\n");

    Throwable failure =
        catchThrowable(
            () -> copy(files("source", in, format), files("sink", folder.resolve("out"))));

    // Flink tries a failed job again unless a cause says that this is in vain.
    assertThat(
            ThrowableClassifier.findThrowableOfThrowableType(
                failure, ThrowableType.NonRecoverableError))
        .get()
        .asString()
        .contains(in.resolve("bad.txt") + ": the record at byte 0 does not decode: " + why)
        .endsWith("give the job a dead-letter sink to set such records aside");
  }

  @Test
  void recordIsNamedWhateverPartsItsFieldsAndWhateverOptionsOfSinksAreBeside() throws Exception {
    Path in = Files.createDirectory(folder.resolve("in"));
    Files.writeString(in.resolve("bad.txt"), "\u00aba\nc\u00ab\u00a71\nb\u00a7much\n");
    Map<String, String> options = new HashMap<>(files("source", in, "csv").values());
    options.put("csv.field-delimiter", "\u00a7");
    options.put("csv.quote-character", "\u00ab");
    options.put("sink.parallelism", "1");

    assertThatThrownBy(() -> copy(options("source", options), files("sink", folder.resolve("out"))))
        .hasStackTraceContaining(
            in.resolve("bad.txt")
                + ": the record at byte 11 does not decode: Failed to deserialize");
  }

  @Test
  void recordThatFlinksOwnSourceOfFilesDoesNotDecodeFailsTheJobWithItsFile() throws Exception {
    Path in = Files.createDirectory(folder.resolve("in"));
    Files.writeString(in.resolve("bad.txt"), "no double\n");
    RecordSchema number = RecordSchema.ofColumns(List.of(new RecordSchema.Column("x", "DOUBLE")));
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    new TableConnector()
        .source(new SourceSpec(files("source", in, "raw"), number, TableKeys.NONE, false))
        .attach(environment, "source")
        .records()
        .sinkTo(new DiscardingSink<>());

    assertThat(
            ThrowableClassifier.findThrowableOfThrowableType(
                catchThrowable(environment::execute), ThrowableType.NonRecoverableError))
        .get()
        .asString()
        .contains(
            in.resolve("bad.txt")
                + ": cannot be read: DeserializationException: Size of data received for"
                + " deserializing DOUBLE type is not 8.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "json | {\"id\":\"a\",\"amount\":1} | {\"id\": | {\"id\":\"b\",\"amount\":2}",
        "csv | \"a\",1 | a,much | b,2"
      },
      quoteCharacter = '`')
  void recordOfAFileThatDoesNotDecodeBecomesADeadLetterWithItsPlaceAndBytes(
      String format, String before, String bad, String after) throws Exception {
    Path in = Files.createDirectories(folder.resolve("in"));
    Files.write(in.resolve("all.txt"), List.of(before, bad, after));
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    RecordSource source =
        new TableConnector()
            .source(new SourceSpec(files("source", in, format), SCHEMA, TableKeys.NONE, true));
    SourceStreams<RowData> streams = source.attach(environment, "source");
    sink(folder.resolve("out")).attach(streams.records(), "sink");
    List<RowData> letters = collect(streams.deadLetters().orElseThrow());

    assertThat(lines(folder.resolve("out")))
        .containsExactlyInAnyOrder(
            "{\"id\":\"a\",\"amount\":1.0}", "{\"id\":\"b\",\"amount\":2.0}");
    assertThat(letters).hasSize(1);
    DeadLetterRecord letter = DeadLetterRecord.fromRow(letters.get(0));
    assertThat(letter.topic()).isEqualTo("file:" + in.resolve("all.txt"));
    assertThat(letter.offset()).isEqualTo(before.length() + 1);
    assertThat(new String(requireNonNull(letter.value()), UTF_8)).isEqualTo(bad);
    assertThat(letter.stage()).isEqualTo(DeadLetterRecord.STAGE_DECODE);
    assertThatThrownBy(() -> source.decode(letter)).isInstanceOf(IOException.class);
  }

  @Test
  void formatThatWouldDropRecordsOfFilesIsRefused() {
    Map<String, String> options = new HashMap<>(files("source", folder, "csv").values());
    options.put("csv.ignore-parse-errors", "true");

    assertThatThrownBy(
            () ->
                new TableConnector()
                    .source(
                        new SourceSpec(options("source", options), SCHEMA, TableKeys.NONE, true)))
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessageContaining("csv.ignore-parse-errors: true (expected: false; ");
  }

  @ParameterizedTest
  @CsvSource({
    "false, '', length is too low: 0",
    "true, '', length is too low: 0",
    "true, 'some text, no columns', Expected magic number at tail"
  })
  void fileThatIsNoneOfItsFormatFailsTheJobWithItsNameAndIsNotTriedAgain(
      boolean asColumns, String text, String why) throws Exception {
    Path in = Files.createDirectory(folder.resolve("in"));
    Files.writeString(in.resolve("bad.parquet"), text);
    assertThat(
            failureOf(
                asColumns,
                new SourceSpec(files("source", in, "parquet"), SCHEMA, TableKeys.NONE, false)))
        .contains(in.resolve("bad.parquet") + ": cannot be read: RuntimeException: it is not a")
        .contains(why);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void fileThatIsNoneOfItsFormatIsTheOneThatIsNamedAmongManySmallOnes(boolean asColumns)
      throws Exception {
    Path in = parquetOf("{\"id\":\"a\",\"amount\":1}");
    Path good;
    try (Stream<Path> files = Files.list(in)) {
      good = files.filter(file -> !file.getFileName().toString().startsWith("_")).findAny().get();
    }
    for (int i = 10; i < 90; i++) {
      Files.copy(good, in.resolve(i + ".parquet"));
    }
    Files.writeString(in.resolve("50.parquet"), "some text, no columns");

    assertThat(failureOf(asColumns, parquet(in, Map.of(), "id STRING", "amount DOUBLE")))
        .startsWith("file:" + in.resolve("50.parquet") + ": cannot be read: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"avro", "parquet"})
  void filesOfEachFormatMayBeReadWhole(String format) throws Exception {
    Path json = Files.createDirectory(folder.resolve("json"));
    Files.write(json.resolve("a.json"), List.of("{\"id\":\"a\",\"amount\":1.0}"));
    copy(files("source", json), files("sink", folder.resolve("in"), format));
    RecordSource source =
        new TableConnector()
            .source(
                new SourceSpec(
                    files("source", folder.resolve("in"), format),
                    SCHEMA,
                    TableKeys.NONE,
                    false,
                    new FileReading(false, true)));

    assertThat(collect(source.attach(environment(RuntimeExecutionMode.BATCH), "source").records()))
        .singleElement()
        .satisfies(row -> assertThat(row.getDouble(1)).isEqualTo(1));
    assertThat(source.columns().isPresent()).isEqualTo(format.equals("parquet"));
  }

  /** Avro's own reader takes a block without an end for the end of the file. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void avroWithABlockThatIsCutOffIsNotTakenForAWholeFile(boolean atTheEnd) throws Exception {
    int count = 30_000;
    Path in = folder.resolve("in");
    Path damaged = avroOf(count, in);
    byte[] bytes = Files.readAllBytes(damaged);
    Files.write(
        damaged, atTheEnd ? Arrays.copyOf(bytes, bytes.length * 2 / 3) : withLongBlock(bytes));

    assertThat(
            failureOf(
                false, new SourceSpec(files("source", in, "avro"), SCHEMA, TableKeys.NONE, false)))
        .startsWith(
            "file:" + damaged + ": cannot be read: AvroRuntimeException: the block at byte ")
        .endsWith(
            "; replace the file by a whole one, or set on-corrupt-file: dead-letter to go on without"
                + " the rest of it");

    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    SourceStreams<RowData> streams =
        new TableConnector()
            .source(
                new SourceSpec(
                    files("source", in, "avro"),
                    SCHEMA,
                    TableKeys.NONE,
                    true,
                    new FileReading(true, false)))
            .attach(environment, "source");
    List<RowData> rows = collect(streams.records());
    List<RowData> letters = collect(streams.deadLetters().orElseThrow());

    assertThat(rows).hasSizeBetween(1, count - 1);
    assertThat(rows.stream().map(row -> (int) row.getDouble(1)))
        .containsExactlyElementsOf(IntStream.range(0, rows.size()).boxed().toList());
    assertThat(letters).hasSize(1);
    assertThat(DeadLetterRecord.fromRow(letters.get(0)).message())
        .contains("AvroRuntimeException: the block at byte ");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void damagedAvroIsSeenInFoldersOfAColumnAndBehindAPatternOfPaths(boolean inFolders)
      throws Exception {
    Path damaged = avroOf(30_000, folder.resolve("in/amount=7"));
    Files.write(damaged, withLongBlock(Files.readAllBytes(damaged)));
    Files.writeString(damaged.resolveSibling("a.txt"), "no Avro");
    Map<String, String> options =
        new HashMap<>(files("source", folder.resolve("in"), "avro").values());
    if (inFolders) {
      Files.delete(damaged.resolveSibling("a.txt"));
    } else {
      options.put("source.path.regex-pattern", ".*/part-[^/]*");
    }
    TableKeys keys = new TableKeys(List.of(), inFolders ? List.of("amount") : List.of(), false);

    assertThat(failureOf(false, new SourceSpec(options("source", options), SCHEMA, keys, false)))
        .startsWith(
            "file:" + damaged + ": cannot be read: AvroRuntimeException: the block at byte ");
  }

  private Path avroOf(int count, Path in) throws Exception {
    Path json = Files.createDirectory(folder.resolve("json"));
    Files.write(
        json.resolve("a.json"),
        IntStream.range(0, count)
            .mapToObj(i -> "{\"id\":\"%d\",\"amount\":%d}".formatted(i, i))
            .toList());
    copy(files("source", json), files("sink", in, "avro"));
    try (Stream<Path> files = Files.list(in)) {
      return files.filter(file -> !file.getFileName().toString().startsWith("_")).findAny().get();
    }
  }

  /** With a length in the middle that is more than the file has. */
  private static byte[] withLongBlock(byte[] bytes) {
    byte[] marker = Arrays.copyOfRange(bytes, bytes.length - 16, bytes.length);
    int third = 0;
    for (int found = 0; found < 3; third++) {
      found += Arrays.equals(marker, Arrays.copyOfRange(bytes, third, third + 16)) ? 1 : 0;
    }
    int size = third + 15;
    while (bytes[size++] < 0) {}
    System.arraycopy(new byte[] {-2, -1, -1, 1}, 0, bytes, size, 4);
    return bytes;
  }

  /** A file beside it is read whole, and one that is no such file at all is a letter, too. */
  @ParameterizedTest
  @CsvSource({
    "avro, false, record ",
    "parquet, false, row ",
    "parquet, true, row ",
    "orc, false, '',",
  })
  void theRestOfACorruptFileBecomesOneDeadLetter(String format, boolean asColumns, String place)
      throws Exception {
    int count = 30_000;
    Path json = Files.createDirectory(folder.resolve("json"));
    List<String> lines = new ArrayList<>();
    Random random = new Random(7);
    for (int i = 0; i < count; i++) {
      lines.add("{\"id\":\"%d %x\",\"amount\":%d}".formatted(i, random.nextLong(), i));
    }
    Files.write(json.resolve("a.json"), lines);
    Map<String, String> small = new HashMap<>();
    if (format.equals("parquet")) {
      small.putAll(Map.of("parquet.block.size", "65536", "parquet.page.size", "4096"));
    } else if (format.equals("orc")) {
      small.put("orc.stripe.size", "65536");
    }
    Path in = folder.resolve("in");
    small.putAll(files("sink", in, format).values());
    copy(files("source", json), options("sink", small));
    Path whole;
    try (Stream<Path> files = Files.list(in)) {
      whole = files.filter(file -> !file.getFileName().toString().startsWith("_")).findAny().get();
    }
    Path damaged = Files.copy(whole, in.resolve("damaged." + format));
    try (RandomAccessFile file = new RandomAccessFile(damaged.toFile(), "rw")) {
      file.seek(file.length() / 2);
      file.write(new byte[200]);
    }
    Files.writeString(in.resolve("none." + format), "neither " + format + " nor anything else");
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    environment.getConfig().enableObjectReuse();
    RecordSource source =
        new TableConnector()
            .source(
                new SourceSpec(
                    files("source", in, format),
                    SCHEMA,
                    TableKeys.NONE,
                    true,
                    new FileReading(true, false)));
    assertThat(source.guarantee())
        .endsWith("; what cannot be read of a corrupt file is one dead letter");

    List<RowData> rows;
    List<RowData> letterRows;
    if (asColumns) {
      SourceStreams<VectorizedColumnBatch> streams =
          source
              .columns()
              .orElseThrow()
              .attach(
                  environment, "source", TypeInformation.of(VectorizedColumnBatch.class), 100, 1);
      rows =
          collect(
              streams
                  .records()
                  .flatMap(TableConnectorITCase::amounts)
                  .returns(InternalTypeInfo.of(SCHEMA.rowType())));
      letterRows = collect(streams.deadLetters().orElseThrow());
    } else {
      SourceStreams<RowData> streams = source.attach(environment, "source");
      rows = collect(streams.records());
      letterRows = collect(streams.deadLetters().orElseThrow());
    }

    assertThat(rows)
        .allMatch(row -> row.getString(0).toString().startsWith((int) row.getDouble(1) + " "));
    List<Integer> amounts = rows.stream().map(row -> (int) row.getDouble(1)).toList();
    int before = amounts.size() - count;
    assertThat(before).isBetween(1, count - 1);
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      expected.add(i);
      if (i < before) {
        expected.add(i);
      }
    }
    assertThat(amounts).containsExactlyInAnyOrderElementsOf(expected);
    Map<String, DeadLetterRecord> letters = new HashMap<>();
    for (RowData row : letterRows) {
      DeadLetterRecord letter = DeadLetterRecord.fromRow(row);
      assertThat(letters.put(requireNonNull(letter.topic()), letter)).isNull();
      assertThat(letter.stage()).isEqualTo(DeadLetterRecord.STAGE_DECODE);
      assertThat(letter.context()).containsEntry("tidemill.cause", "corrupt-file");
    }
    assertThat(letters).containsOnlyKeys("file:" + damaged, "file:" + in.resolve("none." + format));
    String damage = requireNonNull(letters.get("file:" + damaged)).message();
    assertThat(damage).startsWith("file:" + damaged + ": corrupt at " + place);
    if (place.equals("row ")) {
      assertThat(damage).startsWith("file:" + damaged + ": corrupt at row " + before);
    }
    assertThat(requireNonNull(letters.get("file:" + in.resolve("none." + format))).message())
        .contains(": corrupt at its beginning: ");
  }

  private static void amounts(VectorizedColumnBatch columns, Collector<RowData> out) {
    for (int i = 0; i < columns.getNumRows(); i++) {
      ColumnarRowData row = new ColumnarRowData(columns, i);
      out.collect(GenericRowData.of(row.getString(0), row.getDouble(1)));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "datagen | number-of-rows | 1 | true | not taken by 'datagen' (expected: connector: filesystem)",
        "filesystem | path | x | false | dead-letter in a job without a dead-letter sink (expected: fail, or a",
        "filesystem | sink.parallelism | 1 | true | on-corrupt-file: dead-letter beside 'sink.parallelism'",
      })
  void corruptFilesBecomeNoDeadLettersWhereNoneCanCome(
      String connector, String key, String value, boolean deadLetters, String why) {
    Map<String, String> options = new HashMap<>();
    if (connector.equals("filesystem")) {
      options.putAll(files("source", folder, "avro").values());
    } else {
      options.put("connector", connector);
    }
    options.put(key, value);

    assertThatThrownBy(
            () ->
                new TableConnector()
                    .source(
                        new SourceSpec(
                            options("source", options),
                            SCHEMA,
                            TableKeys.NONE,
                            deadLetters,
                            new FileReading(true, false))))
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @ValueSource(strings = {"avro", "json", "orc", "parquet"})
  void corruptFilesInFoldersThatAreColumnsBecomeDeadLetters(String format) throws Exception {
    TableKeys byId = new TableKeys(List.of(), List.of("id"), false);
    Path json = Files.createDirectory(folder.resolve("json"));
    Files.write(json.resolve("a.json"), List.of("{\"id\":\"x\",\"amount\":1}"));
    Path in = folder.resolve("in");
    copy(files("source", json), TableKeys.NONE, files("sink", in, format), byId);
    String corrupt = format.equals("json") ? "no.gz" : "none";
    Files.writeString(Files.createDirectory(in.resolve("id=y")).resolve(corrupt), "nothing");
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    SourceStreams<RowData> streams =
        new TableConnector()
            .source(
                new SourceSpec(
                    files("source", in, format), SCHEMA, byId, true, new FileReading(true, true)))
            .attach(environment, "source");

    List<RowData> rows = collect(streams.records());
    List<RowData> letters = collect(streams.deadLetters().orElseThrow());

    assertThat(rows)
        .singleElement()
        .satisfies(row -> assertThat(row.getString(0)).hasToString("x"))
        .satisfies(row -> assertThat(row.getDouble(1)).isEqualTo(1));
    assertThat(letters)
        .singleElement()
        .satisfies(
            row ->
                assertThat(DeadLetterRecord.fromRow(row).message())
                    .contains("id=y/" + corrupt + ": corrupt at its beginning: "));
  }

  /** What fails a job that reads Parquet, without being tried again. */
  private static String failureOf(boolean asColumns, SourceSpec spec) throws Exception {
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    read(environment, asColumns, spec).sinkTo(new DiscardingSink<>());
    Throwable failure = catchThrowable(environment::execute);
    return ThrowableClassifier.findThrowableOfThrowableType(
            failure, ThrowableType.NonRecoverableError)
        .map(Throwable::getMessage)
        .orElseThrow(() -> new AssertionError(failure));
  }

  private static DataStream<?> read(
      StreamExecutionEnvironment environment, boolean asColumns, SourceSpec spec) {
    // Columns are handed on as they are.
    environment.getConfig().enableObjectReuse();
    RecordSource source = new TableConnector().source(spec);
    return asColumns
        ? source
            .columns()
            .orElseThrow()
            .attach(
                environment, "source", TypeInformation.of(VectorizedColumnBatch.class), 100, null)
            .records()
        : source.attach(environment, "source").records();
  }

  private static SourceSpec parquet(Path in, Map<String, String> more, String... columns) {
    Map<String, String> options = new HashMap<>(files("source", in, "parquet").values());
    options.putAll(more);
    List<RecordSchema.Column> all = new ArrayList<>();
    for (String column : columns) {
      String[] parts = column.split(" ", 2);
      all.add(new RecordSchema.Column(parts[0], parts[1]));
    }
    return new SourceSpec(
        new ConnectorOptions("source", options),
        RecordSchema.ofColumns(all),
        TableKeys.NONE,
        false);
  }

  private Path parquetOf(String... lines) throws Exception {
    Path json = Files.createDirectory(folder.resolve("json"));
    Files.write(json.resolve("a.json"), List.of(lines));
    Path parquet = folder.resolve("parquet");
    copy(files("source", json), files("sink", parquet, "parquet"));
    return parquet;
  }

  /** Flink reads nulls, with which a model may score every row of such a file. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void parquetWithoutADeclaredColumnFailsTheJobUnlessFilesMayLackSome(boolean asColumns)
      throws Exception {
    Path in = parquetOf("{\"id\":\"a\",\"amount\":1}");

    String failure = failureOf(asColumns, parquet(in, Map.of(), "id STRING", "amonut DOUBLE"));

    assertThat(failure)
        .contains(in + "/part-")
        .contains("column 'amonut': not in the file (did you mean 'amount'? there: amount, id)")
        .endsWith(
            "set parquet.may-lack-columns: true if older files may lack a column, whose values are null then");
    Map<String, String> lack = Map.of("parquet.may-lack-columns", "true");
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    read(environment, asColumns, parquet(in, lack, "id STRING", "amonut DOUBLE"))
        .sinkTo(new DiscardingSink<>());
    environment.execute();
    assertThat(failureOf(asColumns, parquet(in, lack, "id STRING", "amonut DOUBLE NOT NULL")))
        .endsWith("leave the file out, as a column that is declared NOT NULL has no nulls");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void parquetWithAColumnOfAnotherTypeFailsTheJobWithItsName(boolean asColumns) throws Exception {
    Path in = parquetOf("{\"id\":\"a\",\"amount\":1}");

    assertThat(failureOf(asColumns, parquet(in, Map.of(), "id STRING", "amount FLOAT")))
        .contains(in + "/part-")
        .endsWith(
            "column 'amount': 'optional double amount' (expected: what is read as FLOAT, as it is"
                + " declared; declare it as it is in the file)");
  }

  @Test
  void whetherParquetMayLackColumnsIsTrueOrFalse() {
    assertThatThrownBy(
            () ->
                new TableConnector()
                    .source(
                        parquet(folder, Map.of("parquet.may-lack-columns", "yes"), "id STRING")))
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessageContaining("'yes' (expected: true or false)");
  }

  private static void copy(ConnectorOptions from, ConnectorOptions to) throws Exception {
    copy(from, TableKeys.NONE, to, TableKeys.NONE);
  }

  private static void copy(
      ConnectorOptions from, TableKeys fromKeys, ConnectorOptions to, TableKeys toKeys)
      throws Exception {
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    RecordSource source =
        new TableConnector().source(new SourceSpec(from, SCHEMA, fromKeys, false));
    sink(to, toKeys).attach(source.attach(environment, "source").records(), "sink");
    environment.execute();
  }

  /** In Flink's usual form one of 1969 would be another, a second later. */
  @ParameterizedTest
  @CsvSource({
    "6, 1969-12-31 23:59:59.999, -1000",
    "3, 1900-01-01 00:00:00.123, -2208988799877000",
    "9, 1969-12-31 23:59:58.000000001, -1999999999",
    "9, 2023-11-14 22:13:20.5, 1700000000500000000"
  })
  void timestampsAreWrittenAsEveryReaderOfParquetHasThem(int digits, String text, long count)
      throws Exception {
    Path in = Files.createDirectory(folder.resolve("in"));
    Files.writeString(in.resolve("a.json"), "{\"at\":\"" + text + "\"}\n");
    RecordSchema schema =
        RecordSchema.ofColumns(List.of(new RecordSchema.Column("at", "TIMESTAMP(" + digits + ")")));
    Path out = folder.resolve("out");
    Map<String, String> parquet = new HashMap<>(files("sink", out, "parquet").values());
    parquet.put("parquet.utc-timezone", "true");
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    RecordSource source =
        new TableConnector()
            .source(new SourceSpec(files("source", in), schema, TableKeys.NONE, false));
    new TableConnector()
        .sink(
            new SinkSpec(
                options("sink", parquet),
                schema,
                TableKeys.NONE,
                Origin.appendTo(schema.rowType()),
                files("source", in),
                "job",
                List.of()))
        .attach(source.attach(environment, "source").records(), "sink");

    environment.execute();

    try (var written = Files.list(out);
        ParquetReader<Group> reader =
            ParquetReader.builder(
                    new GroupReadSupport(),
                    new org.apache.hadoop.fs.Path(written.findFirst().orElseThrow().toUri()))
                .build()) {
      assertThat(reader.read().getLong("at", 0)).isEqualTo(count);
    }
  }

  /** Parquet would write each value behind the null into the row before its own. */
  @Test
  void nullInAColumnOfParquetThatIsDeclaredNotNullFailsTheJob() throws Exception {
    Path in = Files.createDirectory(folder.resolve("in"));
    Files.write(in.resolve("a.json"), List.of("{\"id\":\"a\",\"amount\":1}", "{\"id\":\"b\"}"));
    RecordSchema required =
        RecordSchema.ofColumns(
            List.of(
                new RecordSchema.Column("id", "STRING"),
                new RecordSchema.Column("amount", "DOUBLE NOT NULL")));
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    RecordSource source =
        new TableConnector()
            .source(new SourceSpec(files("source", in), required, TableKeys.NONE, false));
    new TableConnector()
        .sink(
            new SinkSpec(
                files("sink", folder.resolve("out"), "parquet"),
                required,
                TableKeys.NONE,
                source.rowType(),
                options("source", Map.of("connector", "datagen")),
                "job",
                List.of()))
        .attach(source.attach(environment, "source").records(), "sink");

    assertThat(
            ExceptionUtils.findThrowable(
                catchThrowable(environment::execute), RecordFailureException.class))
        .get()
        .asString()
        .contains("column 'amount': null (expected: a value, as it is declared NOT NULL)");
  }

  private static RecordSink sink(Path out) {
    return sink(files("sink", out));
  }

  private static RecordSink sink(ConnectorOptions options) {
    return sink(options, TableKeys.NONE);
  }

  private static RecordSink sink(ConnectorOptions options, TableKeys keys) {
    return new TableConnector()
        .sink(
            new SinkSpec(
                options,
                SCHEMA,
                keys,
                Origin.appendTo(SCHEMA.rowType()),
                options("source", Map.of("connector", "datagen")),
                "job",
                List.of()));
  }

  private static ConnectorOptions files(String place, Path path) {
    return files(place, path, "json");
  }

  private static ConnectorOptions files(String place, Path path, String format) {
    return options(
        place,
        Map.of("connector", "filesystem", "path", path.toUri().toString(), "format", format));
  }

  private static ConnectorOptions options(String place, Map<String, String> values) {
    return new ConnectorOptions("job.yaml: " + place, values);
  }

  private static StreamExecutionEnvironment environment(RuntimeExecutionMode mode) {
    Configuration configuration = new Configuration();
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(100));
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setRuntimeMode(mode);
    environment.setParallelism(1);
    return environment;
  }

  private static List<RowData> collect(DataStream<RowData> rows) throws Exception {
    List<RowData> collected = new ArrayList<>();
    try (CloseableIterator<RowData> iterator = rows.executeAndCollect()) {
      iterator.forEachRemaining(collected::add);
    }
    return collected;
  }

  /** The lines of the published files: hidden ones are still being written. */
  private static List<String> lines(Path out) throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.walk(out)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.getFileName().toString().startsWith(".")) {
          lines.addAll(Files.readAllLines(file));
        }
      }
    }
    return lines;
  }
}
