package io.tidemill.pipelines.yaml;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.FilesDefinition;
import io.tidemill.pipelines.definition.SchemaDefinition;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads a source, a sink or a dead-letter sink. */
final class ConnectorReading {
  private static final Key<String> CONNECTOR =
      Key.<String>scalar(
              ConnectorDefinition.CONNECTOR,
              "kafka, or any SQL connector of Flink; its options stand beside it, as in"
                  + " CREATE TABLE … WITH",
              Schema.NOT_BLANK.and("examples", List.of("kafka", "filesystem")),
              Function.identity())
          .required("a connector's name such as kafka");
  private static final Key<Path> SCHEMA =
      Key.of(
          "schema",
          "An Avro file with the columns, relative to the job's file",
          Schema.NOT_BLANK,
          (section, node) -> section.scalar("schema", node, section::file));
  private static final Key<Section> COLUMNS =
      Key.section(
          "columns",
          "The columns in their order, each with its SQL type, such as amount: DOUBLE",
          Keys.open(Schema.NOT_BLANK).and("minProperties", 1));

  private static final Key<List<String>> PARTITIONED_BY =
      Key.texts(
          "partitioned-by", "Of files: the columns that are folders of the form column=value");
  private static final Key<List<String>> PRIMARY_KEY =
      Key.texts(
          "primary-key", "The columns by which a row is known, for sinks that write rows by key");

  private static final Key<Boolean> OVERWRITE =
      Key.flag(
          "overwrite",
          "Whether a job of mode batch replaces what the partitions hold that it writes, for sinks"
              + " that can");

  private static final Key<FilesDefinition.OnCorrupt> ON_CORRUPT_FILE =
      Key.choice(
          "on-corrupt-file",
          "Of files: fail the job where the contents of one are corrupt, or make one dead letter of"
              + " what cannot be read of it",
          FilesDefinition.OnCorrupt.FAIL);

  private static final Key<Boolean> WHOLE_FILES =
      Key.flag(
              "whole-files",
              "Of files: whether each is read by one reader, so that its records keep their order")
          .otherwise(false);

  private static final Schema WITH_SCHEMA = having(SCHEMA);
  private static final Schema WITH_COLUMNS = having(COLUMNS);

  /** Of the files that a source reads. */
  private static final String FORMAT = "format";

  /** As all have but those of files that tell, in a batch job. */
  static final Schema WITH_DECLARED_COLUMNS = Schema.either(WITH_SCHEMA, WITH_COLUMNS);

  private static final Schema WITH_TELLING_FILES =
      Schema.of(
              "properties",
              Schema.of(
                      CONNECTOR.name(),
                      Schema.choice(List.of(ConnectorOptions.FILESYSTEM)).keywords())
                  .and(FORMAT, Schema.choice(ConnectorOptions.TELLING))
                  .keywords())
          .and("required", List.of(FORMAT))
          .and("not", WITH_DECLARED_COLUMNS);

  static final Keys SOURCE =
      Keys.open(
              Schema.SCALAR,
              CONNECTOR,
              SCHEMA,
              COLUMNS,
              PARTITIONED_BY,
              ON_CORRUPT_FILE,
              WHOLE_FILES)
          .and(
              "oneOf",
              Stream.of(WITH_SCHEMA, WITH_COLUMNS, WITH_TELLING_FILES)
                  .map(Schema::keywords)
                  .toList())
          .and("not", having(OVERWRITE));
  static final Keys SINK =
      Keys.open(Schema.SCALAR, CONNECTOR, SCHEMA, COLUMNS, PARTITIONED_BY, PRIMARY_KEY, OVERWRITE)
          .and(
              "not",
              Schema.either(having(SCHEMA, COLUMNS), having(ON_CORRUPT_FILE), having(WHOLE_FILES)));
  static final Keys DEAD_LETTER =
      Keys.open(Schema.SCALAR, CONNECTOR)
          .and(
              "not",
              Schema.either(
                  WITH_SCHEMA,
                  WITH_COLUMNS,
                  having(OVERWRITE),
                  having(ON_CORRUPT_FILE),
                  having(WHOLE_FILES)));

  /** What is said of a connector beside its options. */
  private static final Key<?>[] OTHERS = {
    SCHEMA, COLUMNS, PARTITIONED_BY, PRIMARY_KEY, OVERWRITE, ON_CORRUPT_FILE, WHOLE_FILES
  };

  private final Document document;
  private final boolean dated;

  /**
   * Reads connectors.
   *
   * @param dated whether their options may have templates of dates
   */
  ConnectorReading(Document document, boolean dated) {
    this.document = document;
    this.dated = dated;
  }

  private static Schema having(Key<?>... keys) {
    return Schema.of("required", Arrays.stream(keys).map(Key::name).toList());
  }

  /** As far as it could be read; empty where its options could not. */
  Optional<ConnectorDefinition> source(Section section) {
    section.refuse(PRIMARY_KEY, "only a sink writes by key");
    section.refuse(OVERWRITE, "only a sink replaces rows");
    if (!section.hasOrMeans(COLUMNS) && !(dated && mayTell(section))) {
      section.demand(
          SCHEMA,
          "a schema file, or 'columns' with names and types"
              + (section.values().get(CONNECTOR.name()) instanceof ScalarNode connector
                      && connector.getValue().equals(ConnectorOptions.FILESYSTEM)
                  ? "; in mode batch files of %s tell their own, and no others"
                      .formatted(String.join(", ", ConnectorOptions.TELLING))
                  : ""));
    }
    return read(section);
  }

  /** Whether its files tell their columns, or may, as a variable says what they are. */
  private static boolean mayTell(Section section) {
    return isOrMayBe(section.values().get(CONNECTOR.name()), List.of(ConnectorOptions.FILESYSTEM))
        && isOrMayBe(section.values().get(FORMAT), ConnectorOptions.TELLING);
  }

  private static boolean isOrMayBe(@Nullable Node node, List<String> words) {
    return node instanceof ScalarNode text
        && (words.contains(text.getValue()) || text.getValue().contains("${"));
  }

  /** As far as it could be read; empty where its options could not. */
  Optional<ConnectorDefinition> sink(Section section) {
    section.refuse(ON_CORRUPT_FILE, "only a source reads files");
    section.refuse(WHOLE_FILES, "only a source reads files");
    return read(section);
  }

  /** As far as it could be read; empty where its options could not. */
  Optional<ConnectorDefinition> deadLetter(Section section) {
    String reason = "dead letters have columns of their own";
    section.refuse(SCHEMA, reason);
    section.refuse(COLUMNS, reason);
    section.refuse(PRIMARY_KEY, reason);
    section.refuse(PARTITIONED_BY, reason);
    section.refuse(OVERWRITE, reason);
    return sink(section);
  }

  /** Reads a connector whose schema may be given or not, as a sink's. */
  private Optional<ConnectorDefinition> read(Section section) {
    int problemsBefore = document.problemCount();
    section.demand(CONNECTOR, CONNECTOR.expected());
    Map<String, String> options = dated ? section.datedOptions(OTHERS) : section.options(OTHERS);
    boolean known = document.problemCount() == problemsBefore;
    new ConnectorOptions("", options)
        .files()
        .forEach(key -> options.compute(key, (name, path) -> document.beside(path)));
    SchemaDefinition schema = schema(section);
    List<String> primaryKey = section.read(PRIMARY_KEY).orElse(List.of());
    List<String> partitionedBy = section.read(PARTITIONED_BY).orElse(List.of());
    boolean overwrite = section.read(OVERWRITE).orElse(false);
    FilesDefinition files =
        new FilesDefinition(
            section.read(ON_CORRUPT_FILE).orElse(FilesDefinition.DEFAULT.onCorrupt()),
            section.read(WHOLE_FILES).orElse(FilesDefinition.DEFAULT.whole()));
    return known
        ? section.checked(
            CONNECTOR.name(),
            () ->
                new ConnectorDefinition(
                    options, schema, primaryKey, partitionedBy, overwrite, files))
        : Optional.empty();
  }

  private static @Nullable SchemaDefinition schema(Section section) {
    if (section.has(SCHEMA) && section.has(COLUMNS)) {
      section.report(COLUMNS.name(), "given beside 'schema' (expected: one of the two)");
    }
    if (!section.has(COLUMNS)) {
      return section.read(SCHEMA).<SchemaDefinition>map(SchemaDefinition.File::new).orElse(null);
    }
    return section
        .read(COLUMNS)
        .map(columns -> columns.texts())
        .flatMap(
            types -> section.checked(COLUMNS.name(), () -> new SchemaDefinition.Columns(types)))
        .orElse(null);
  }
}
