package io.tidemill.pipelines.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatedJobTest {
  @TempDir private Path directory;

  @Test
  void isPublishedApartFromItsInput() {
    assertThat(job("in/dt={{ ds }}", "out/dt={{ ds }}", "dead/dt={{ ds }}").target())
        .isEqualTo(directory + "/out/dt=2026-11-21");
  }

  @Test
  void folderThatIsReplacedHoldsNoOtherHoweverItIsWritten() throws IOException {
    Files.createDirectories(directory.resolve("data"));
    Files.createSymbolicLink(directory.resolve("link"), directory.resolve("data"));

    refused("data/{{ ds }}/in", "data/{{ ds }}", "dead/{{ ds }}", "sink: path '");
    refused(
        "data/{{ ds }}/in", directory.toUri() + "data/{{ ds }}", "dead/{{ ds }}", "sink: path '");
    refused("data/{{ ds }}", "link/{{ ds }}", "dead/{{ ds }}", "sink: path '");
    refused("in/{{ ds }}", "out/{{ ds }}", "out/x/../{{ ds }}/dead", "dead-letter: path '");
  }

  @Test
  void noTwoFoldersShareTheAccountsOfTheirRuns() {
    assertThat(
            Stream.of("{{ ds }}/a/b", "{{ ds }}/a+b", "{{ ds }}/a%2Bb", "{{ ds }}/a%b")
                .map(below -> job("in/{{ ds }}", "out/" + below, "dead/{{ ds }}"))
                .map(job -> job.accounts().folder().getName()))
        .doesNotHaveDuplicates()
        .contains("2026-11-21+a+b");
  }

  @Test
  void pathsOfOneFileSystemMayBeWrittenInTwoWays() {
    assertThat(
            job("in/{{ ds }}", "out/{{ ds }}", directory.toUri() + "dead/{{ ds }}")
                .deadLetterTarget())
        .endsWith("dead/2026-11-21");
  }

  @Test
  void deadLettersAreOnTheVolumeOfThePredictions() throws IOException {
    Path other = Path.of("/dev/shm");
    assumeThat(other).exists();
    assumeThat(Files.getFileStore(other)).isNotEqualTo(Files.getFileStore(directory));

    refused("in/{{ ds }}", "out/{{ ds }}", "/dev/shm/{{ ds }}", "on the file system and volume of");
  }

  @Test
  void noFolderAboveThoseOfTheDatesIsTakenForAPartition() {
    String partitions = "', partitioned-by: 'a";

    refused(
        "in/{{ ds }}",
        "lake/env=prod/dt={{ ds }}" + partitions,
        "dead/{{ ds }}",
        "sink: partitioned-by below 'env=prod' of path '");
    assertThat(
            job("in/{{ ds }}", "lake/dt={{ ds }}" + partitions, "dead/{{ ds }}")
                .staging()
                .toString())
        .doesNotContain("=");
  }

  @Test
  void templateInAVariableIsRefused() {
    refused("in/{{ ds }}", "out/${DAY}/{{ ds }}", "dead/{{ ds }}", "sink: path '");
  }

  @Test
  void patternOfItsInputIsARegularExpression() {
    refused(
        "in/{{ ds }}', source.path.regex-pattern: '[{{ ds }}",
        "out/{{ ds }}",
        "dead/{{ ds }}",
        "source: source.path.regex-pattern: '[2026-11-21': ");
  }

  @Test
  void whatFilesSayAndFlinksOptionsAreOfItsConfiguration() {
    DatedJob job = job("in/{{ ds }}", "out/{{ ds }}", "dead/{{ ds }}");
    String one = job.configuration(List.of(new RecordSchema.Column("a", "FLOAT")));

    assertThat(job.configuration(List.of(new RecordSchema.Column("a", "FLOAT")))).isEqualTo(one);
    assertThat(job.configuration(List.of(new RecordSchema.Column("a", "DOUBLE"))))
        .isNotEqualTo(one);
    assertThat(
            job("in/{{ ds }}", "out/{{ ds }}", "dead/{{ ds }}", "flink: { parallelism.default: 3 }")
                .configuration(List.of(new RecordSchema.Column("a", "FLOAT"))))
        .isNotEqualTo(one);
  }

  private void refused(String in, String out, String dead, String message) {
    assertThatExceptionOfType(InvalidPipelineException.class)
        .isThrownBy(() -> job(in, out, dead))
        .withMessageContaining(message);
  }

  private DatedJob job(String in, String out, String dead, String... more) {
    String yaml =
        Nights.YAML
                .replace("in/dt={{ ds }}", in)
                .replace("out/dt={{ ds }}", out)
                .replace("dead/dt={{ ds }}", dead)
            + String.join("\n", more);
    Map<String, String> environment = Map.of("DAY", "{{ ds }}");
    return DatedJob.of(
        new PipelineReader(environment).read("job.yaml", directory, directory, yaml),
        new PipelineReader(environment, Nights.DATE).read("job.yaml", directory, directory, yaml),
        Nights.DATE);
  }
}
