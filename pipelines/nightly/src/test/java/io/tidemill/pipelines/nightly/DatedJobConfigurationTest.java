package io.tidemill.pipelines.nightly;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatedJobConfigurationTest {
  private static final String YAML =
      Nights.YAML.replace("columns: { a: DOUBLE }", "schema: in.avsc");

  @TempDir private Path directory;

  /** A unit is unpacked into another folder each time. */
  @Test
  void isTheSameWhereverTheFileOfTheSchemaIs() throws IOException {
    assertThat(configuration("one", YAML)).isEqualTo(configuration("other", YAML));
  }

  @Test
  void isAnotherOfAnotherFormat() throws IOException {
    assertThat(configuration("one", YAML.replace("format: json, schema", "format: csv, schema")))
        .isNotEqualTo(configuration("one", YAML));
  }

  private String configuration(String files, String yaml) throws IOException {
    Path folder = Files.createDirectories(directory.resolve(files));
    Files.writeString(
        folder.resolve("in.avsc"),
        """
        {"type": "record", "name": "In", "fields": [{"name": "a", "type": "float"}]}
        """);
    return DatedJob.of(
            new PipelineReader(Map.of()).read("job.yaml", directory, folder, yaml),
            new PipelineReader(Map.of(), Nights.DATE).read("job.yaml", directory, folder, yaml),
            Nights.DATE)
        .configuration(List.of(new RecordSchema.Column("a", "FLOAT")));
  }
}
