package io.tidemill.pipelines.yaml;

import io.tidemill.pipelines.definition.InvalidPipelineException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads a job's YAML into its definition. A file that is not right answers with all its problems at
 * once.
 *
 * <p>Immutable and thread-safe.
 */
public final class PipelineReader {
  private static final int MAX_BYTES = 1 << 20;
  private static final String TAR_WORD = "ustar";
  private static final int TAR_WORD_AT = 257;
  private static final int MAX_DEPTH = 50;
  private static final int MAX_ALIASES = 50;

  private final Map<String, String> environment;
  private final DateTemplates dates;

  /**
   * A reader that leaves templates of dates as they are.
   *
   * @param environment what {@code ${NAME}} stands for
   */
  public PipelineReader(Map<String, String> environment) {
    this(environment, null);
  }

  /**
   * A reader.
   *
   * @param environment what {@code ${NAME}} stands for
   * @param date what <code>{{ ds }}</code> stands for; null to leave templates as they are
   */
  public PipelineReader(Map<String, String> environment, @Nullable LocalDate date) {
    this.environment = Map.copyOf(environment);
    this.dates = new DateTemplates(date);
  }

  /**
   * What a file may hold, for editors: a JSON Schema (draft 2020-12), made of the keys that are
   * read.
   */
  public static Map<String, Object> schema() {
    return Schema.of("$schema", "https://json-schema.org/draft/2020-12/schema")
        .and("title", "A job of Tidemill")
        .and(RootReading.KEYS.schema())
        .keywords();
  }

  /**
   * Reads a file. Paths in it are relative to its own folder.
   *
   * @throws InvalidPipelineException with every problem, if it is not a job or cannot be read
   */
  public ParsedPipeline read(Path file) {
    Path directory = file.toAbsolutePath().normalize().getParent();
    Path beside = directory == null ? Path.of("/") : directory;
    Document document = document(file.toString(), beside, beside);
    return read(document, text(document, file));
  }

  /**
   * Reads a text.
   *
   * @param file what messages call it
   * @param directory what paths in it are relative to
   * @param files where the schemas and keys are that it names relative to its own file
   * @throws InvalidPipelineException with every problem, if it is not a job
   */
  public ParsedPipeline read(String file, Path directory, Path files, String text) {
    return read(document(file, directory, files), text);
  }

  private Document document(String file, Path directory, Path files) {
    return new Document(file, directory, files, new Variables(environment), dates);
  }

  private static ParsedPipeline read(Document document, String text) {
    return document.parsed(new RootReading(document, compose(document, text)).read());
  }

  private static String text(Document document, Path file) {
    try {
      if (!Files.exists(file)) {
        throw document.failure(Optional.empty(), "no such file (expected: a job's YAML)");
      }
      if (Files.isDirectory(file)) {
        throw document.failure(Optional.empty(), "a folder (expected: a job's YAML)");
      }
      if (isTar(file)) {
        throw document.failure(
            Optional.empty(),
            "a tar (expected: a job's YAML; of a unit, 'tidemill run' starts the job here, 'tidemill submit' on a cluster)");
      }
      long bytes = Files.size(file);
      if (bytes > MAX_BYTES) {
        throw document.failure(
            Optional.empty(), "%d bytes (expected: at most %d)", bytes, MAX_BYTES);
      }
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (CharacterCodingException notUtf8) {
      throw document.failure(Optional.empty(), "not UTF-8 (expected: a job's YAML in UTF-8)");
    } catch (IOException unreadable) {
      throw document.failure(
          Optional.empty(), "cannot be read: %s", String.valueOf(unreadable.getMessage()));
    }
  }

  /** By the word in its first entry's header. */
  private static boolean isTar(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(TAR_WORD_AT + TAR_WORD.length()), StandardCharsets.US_ASCII)
          .startsWith(TAR_WORD, TAR_WORD_AT);
    }
  }

  private static Node compose(Document document, String text) {
    LoadSettings settings =
        LoadSettings.builder()
            .setCodePointLimit(MAX_BYTES)
            .setAllowNonScalarKeys(true)
            .setMaxAliasesForCollections(MAX_ALIASES)
            .build();
    try {
      checkDepth(document, settings, text);
      return new Compose(settings)
          .composeString(text)
          .orElseThrow(() -> document.failure(Optional.empty(), "empty (expected: a job)"));
    } catch (MarkedYamlEngineException malformed) {
      throw document.failure(
          malformed.getProblemMark().or(malformed::getContextMark),
          "not YAML: %s",
          malformed.getProblem());
    } catch (YamlEngineException malformed) {
      throw document.failure(
          Optional.empty(), "not YAML: %s", String.valueOf(malformed.getMessage()));
    }
  }

  /** Refuses what would overflow the stack of the composer, which is recursive. */
  private static void checkDepth(Document document, LoadSettings settings, String text) {
    int depth = 0;
    for (Event event : new Parse(settings).parseString(text)) {
      switch (event.getEventId()) {
        case MappingStart, SequenceStart -> depth++;
        case MappingEnd, SequenceEnd -> depth--;
        default -> {}
      }
      if (depth > MAX_DEPTH) {
        throw document.failure(event.getStartMark(), "nested deeper than %d levels", MAX_DEPTH);
      }
    }
  }
}
