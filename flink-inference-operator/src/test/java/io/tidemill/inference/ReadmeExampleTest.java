package io.tidemill.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.loader.FakeModels;
import io.tidemill.model.loader.ModelSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;

/** Builds the example of the module's README, and holds the README against it. */
class ReadmeExampleTest {
  private static final String BEGIN = "    // begin README\n";
  private static final String END = "    // end README\n";

  private static Scored<float[], Float> example(
      DataStream<float[]> transactions, ModelSource model) {
    // begin README
    Scored<float[], Float> scored =
        Inference.on(transactions)
            .model(model)
            .encode(
                (transaction, columns, row) -> {
                  columns.fixedWidth(0).setFloats(row * 4, transaction, 0, 4);
                  return true;
                })
            .decode((transaction, outputs, row) -> outputs.fixedWidth(0).getFloat(row), Types.FLOAT)
            .apply(
                "score",
                StepSettings.defaults().withMaxSize(512).withMaxDelay(Duration.ofMillis(5)));
    scored.predictions().print();
    scored.deadLetters().printToErr();
    // end README
    return scored;
  }

  @Test
  void exampleBuildsAGraphWithTheStepsNameAndUid() {
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    DataStream<float[]> transactions = environment.fromData(new float[] {1, 2, 3, 4});

    Scored<float[], Float> scored =
        example(transactions, FakeModels.source(FakeModel.ofFeatures(4)));

    assertThat(scored.predictions().getName()).isEqualTo("score");
    assertThat(scored.predictions().getTransformation().getUid()).isEqualTo("score");
    assertThat(scored.predictions().getType()).isEqualTo(Types.FLOAT);
    assertThat(environment.getStreamGraph().getStreamNodes()).hasSize(4);
  }

  @Test
  void readmeShowsThisExample() throws IOException {
    String source =
        Files.readString(Path.of("src/test/java/io/tidemill/inference/ReadmeExampleTest.java"));
    int begin = source.indexOf(BEGIN) + BEGIN.length();
    String example =
        source.substring(begin, source.indexOf(END, begin)).stripTrailing().stripIndent();

    assertThat(Files.readString(Path.of("README.md"))).contains("```java\n" + example + "\n```");
  }
}
