package io.tidemill;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.Inference;
import io.tidemill.inference.Scored;
import io.tidemill.model.Device;
import io.tidemill.model.ModelRef;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.pipelines.compose.Jobs;
import io.tidemill.pipelines.compose.PlannedPipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs what the project's README shows, with a real model. */
class ReadmeITCase {
  private static final Path ROOT = Path.of("..", "..");
  private static final String BEGIN = "    // begin README\n";
  private static final String END = "    // end README\n";

  @TempDir private Path folder;

  @BeforeEach
  void publishAModelOfFourFeatures() throws IOException {
    Path files = Files.createDirectories(folder.resolve("model"));
    Signature signature = SavedModels.mlp(files, 4);
    new Jobs(folder).publish("fraud", "1.4.2", signature, files);
  }

  private static Scored<float[], Float> example(DataStream<float[]> transactions, String models) {
    // begin README
    Scored<float[], Float> scored =
        Inference.on(transactions)
            .model(StoredModel.resolve(models, ModelRef.parse("fraud@production"), Device.CPU))
            .encode(
                (transaction, columns, row) -> {
                  columns.fixedWidth(0).setFloats(row * 4, transaction, 0, 4);
                  return true;
                })
            .decode((transaction, outputs, row) -> outputs.fixedWidth(0).getFloat(row), Types.FLOAT)
            .apply("score");
    scored.predictions().print();
    scored.deadLetters().printToErr();
    // end README
    return scored;
  }

  @Test
  void jobInJavaScoresEveryRecord() throws Exception {
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setParallelism(1);
    DataStream<float[]> transactions =
        environment.fromData(new float[] {1, 2, 3, 4}, new float[] {4, 3, 2, 1});

    List<Float> scores = new ArrayList<>();
    try (CloseableIterator<Float> results =
        example(transactions, new Jobs(folder).store()).predictions().executeAndCollect()) {
      results.forEachRemaining(scores::add);
    }

    assertThat(scores).hasSize(2).allMatch(score -> score > 0 && score < 1);
    assertThat(scores.get(0)).isNotEqualTo(scores.get(1));
  }

  @Test
  void readmeShowsThisJavaJob() throws IOException {
    String source = Files.readString(Path.of("src/test/java/io/tidemill/ReadmeITCase.java"));
    int begin = source.indexOf(BEGIN) + BEGIN.length();
    String example =
        source.substring(begin, source.indexOf(END, begin)).stripTrailing().stripIndent();

    assertThat(readme()).contains("```java\n" + example + "\n```");
  }

  @Test
  void importsOfThePageAreThoseOfThisJavaJob() throws IOException {
    String source = Files.readString(Path.of("src/test/java/io/tidemill/ReadmeITCase.java"));
    List<String> imports =
        javaPage().lines().filter(line -> line.startsWith("import io.tidemill.")).toList();

    assertThat(imports)
        .hasSize(5)
        .allSatisfy(
            line -> {
              String name = line.replaceFirst(".*\\.", "").replace(";", "");
              assertThat(source).contains(line);
              assertThat(readme()).containsPattern("\\b" + name + "\\b");
            });
  }

  @Test
  void dependenciesOfThePageAreThoseOfThisBuild() throws IOException {
    String parent = Files.readString(ROOT.resolve("pom.xml"));
    String bom = Files.readString(ROOT.resolve("bom/pom.xml"));
    Matcher dependency =
        Pattern.compile(
                "<artifactId>([^<]*)</artifactId>(?:\\s*<version>([^<]*)</version>)?",
                Pattern.DOTALL)
            .matcher(javaPage());

    int versions = 0;
    while (dependency.find()) {
      if (dependency.group(1).startsWith("tidemill-")) {
        assertThat(bom).contains("<artifactId>" + dependency.group(1) + "</artifactId>");
      }
      if (dependency.group(2) != null) {
        assertThat(parent).contains("version>" + dependency.group(2) + "</");
        versions++;
      }
    }
    assertThat(versions).isEqualTo(2);
  }

  /** Whoever takes one artifact has no parent of ours, but may import the bom. */
  @Test
  void versionsForTheSakeOfSafetyStandInTheBomAndThereAlone() throws IOException {
    String parent = Files.readString(ROOT.resolve("pom.xml"));
    String bom = Files.readString(ROOT.resolve("bom/pom.xml"));

    for (String pinned :
        List.of("netty-buffer", "netty-common", "lz4-java", "snappy-java", "avro", "jackson-bom")) {
      String managed = "<artifactId>" + pinned + "</artifactId>\\s*<version>";
      assertThat(bom).containsPattern(managed);
      assertThat(parent).doesNotContainPattern(managed);
    }
  }

  @Test
  void jobInYamlIsPlannedAsItStands() throws IOException {
    Matcher block = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL).matcher(readme());
    assertThat(block.find()).isTrue();
    Path schemas = Files.createDirectories(folder.resolve("job-configs/schemas"));
    Files.copy(
        ROOT.resolve("job-configs/schemas/transaction.avsc"), schemas.resolve("transaction.avsc"));

    PlannedPipeline planned = new Jobs(folder).plan(block.group(1), Map.of());

    assertThat(planned.models()).extracting(Object::toString).containsExactly("fraud:1.4.2");
  }

  private static String javaPage() throws IOException {
    return Files.readString(ROOT.resolve("docs/java.md"));
  }

  private static String readme() throws IOException {
    return Files.readString(ROOT.resolve("README.md"));
  }
}
