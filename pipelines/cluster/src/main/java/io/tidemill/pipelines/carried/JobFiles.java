package io.tidemill.pipelines.carried;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.SchemaDefinition;
import io.tidemill.pipelines.unit.PackedJob;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.FileUtils;

/**
 * A job's file, and those beside it that it names, as another machine finds them in a folder of
 * their own. Immutable.
 *
 * @param texts by their paths in that folder, that of the job first
 * @param moved the job as it is read in another folder, in which only these files are
 */
public record JobFiles(Map<String, String> texts, Path folder, PipelineDefinition moved) {
  /**
   * Reads them. Writes them into a folder of its own, to read them there as others do, and deletes
   * it.
   *
   * @param written the job as it was read from its file
   * @throws InvalidPipelineException if others would not find what the job names
   */
  public static JobFiles of(Path file, ParsedPipeline written, Map<String, String> environment) {
    Path beside = Objects.requireNonNull(file.toAbsolutePath().normalize().getParent(), "folder");
    try {
      Map<String, String> texts = new LinkedHashMap<>();
      texts.put(PackedJob.YAML, Files.readString(file));
      for (Map.Entry<String, Path> named : named(written.definition()).entrySet()) {
        Path path = named.getValue();
        if (!path.startsWith(beside)) {
          throw refused(written, named.getKey(), path);
        }
        texts.put(beside.relativize(path).toString(), Files.readString(path));
      }
      if (texts.values().stream().mapToLong(text -> text.getBytes(UTF_8).length).sum()
          > PackedJob.MOST_BYTES) {
        throw InvalidPipelineException.at(
            written.locationOf(""),
            "its files are more than %d bytes (expected: what a cluster keeps of a job)"
                .formatted(PackedJob.MOST_BYTES));
      }
      Path folder = Files.createTempDirectory("tidemill-render");
      try {
        for (Map.Entry<String, String> text : texts.entrySet()) {
          Path copy = folder.resolve(text.getKey());
          FileUtils.createParentDirectories(copy.toFile());
          Files.writeString(copy, text.getValue());
        }
        PipelineDefinition moved =
            new PipelineReader(environment).read(folder.resolve(PackedJob.YAML)).definition();
        for (Map.Entry<String, Path> named : named(moved).entrySet()) {
          if (!named.getValue().startsWith(folder)) {
            throw refused(written, named.getKey(), named.getValue());
          }
        }
        return new JobFiles(texts, folder, moved);
      } finally {
        FileUtils.deleteDirectory(folder.toFile());
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(file.toString(), unreadable);
    }
  }

  private static InvalidPipelineException refused(ParsedPipeline written, String place, Path path) {
    return InvalidPipelineException.at(
        written.locationOf(place),
        "%s: '%s' (expected: a file in the folder of the job's, or below, and written relative to it, as only such files reach a cluster)"
            .formatted(place, path));
  }

  /** The files that a job names, by the place where it does. */
  private static Map<String, Path> named(PipelineDefinition job) {
    Map<String, Path> files = new TreeMap<>();
    Map.of("source", job.source(), "sink", job.sink())
        .forEach(
            (part, connector) -> {
              if (connector.schema() instanceof SchemaDefinition.File schema) {
                files.put(part + ".schema", schema.path());
              }
            });
    List<Path> keys = job.verify().keys();
    for (int i = 0; i < keys.size(); i++) {
      files.put("verify.keys[%d]".formatted(i), keys.get(i));
    }
    return files;
  }

  /** Connectors and the parts of the job that they are. */
  public Map<String, ConnectorDefinition> connectors() {
    return connectors(moved);
  }

  /** Those of a job that is read anywhere. */
  public static Map<String, ConnectorDefinition> connectors(PipelineDefinition job) {
    Map<String, ConnectorDefinition> connectors = new LinkedHashMap<>();
    connectors.put("source", job.source());
    connectors.put("sink", job.sink());
    ConnectorDefinition deadLetter = job.deadLetter();
    if (deadLetter != null) {
      connectors.put("dead-letter", deadLetter);
    }
    return connectors;
  }

  /** Eight letters that change with any of them. */
  public String digest(Map<String, String> more) {
    return DigestUtils.sha256Hex(String.valueOf(new TreeMap<>(texts)) + new TreeMap<>(more))
        .substring(0, 8);
  }

  public String text(String path) {
    return texts.getOrDefault(path, "");
  }

  /** A key in a ConfigMap for each path, whose letters may be others. */
  public Map<String, String> keys() {
    Map<String, String> keys = new LinkedHashMap<>();
    texts
        .keySet()
        .forEach(
            path ->
                keys.put(
                    path,
                    path.equals(PackedJob.YAML)
                        ? PackedJob.YAML
                        : keys.size()
                            + "-"
                            + Path.of(path)
                                .getFileName()
                                .toString()
                                .replaceAll("[^-._a-zA-Z0-9]", "_")));
    return keys;
  }
}
