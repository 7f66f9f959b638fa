package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import io.tidemill.model.engine.onnx.OnnxModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs each line of shell in docs/first-hour.md. */
class FirstHourITCase {
  private static final List<String> SPECIES = List.of("setosa", "versicolor", "virginica");

  @TempDir private Path directory;

  @Test
  @Timeout(value = 900, unit = TimeUnit.SECONDS)
  void endsWithPredictionsOfTheUsersOwnModel() throws Exception {
    OnnxModels.classifier(directory.resolve("own"), SPECIES.toArray(String[]::new));
    Path model = directory.resolve("own").resolve(OnnxModels.FILE);
    List<String> blocks = Shell.blocks(Files.readString(Path.of("../../docs/first-hour.md")));

    // Where the page has Python save a model.
    String out =
        new Shell(directory, Map.of())
            .run(
                directory,
                String.join("", blocks)
                    .replaceFirst("cd first\n", "cd first\ncp " + model + " iris.onnx\n"));

    assertThat(out)
        .contains(
            "input      X float32[-1, 4]",
            "output     output_probability float32[-1, 3]",
            "predictions  9",
            "dead letters 1, null-input 1",
            "\"tidemill.cause\":\"null-input\"",
            "iris.yaml: valid (iris, batch, 1 step)",
            "predictions  3");
    List<String> predictions = out.lines().filter(line -> line.contains("\"species\":")).toList();
    assertThat(predictions).hasSize(3).zipSatisfy(labels(model), FirstHourITCase::isOf);
  }

  private static void isOf(String prediction, String label) {
    assertThat(prediction).contains("\"species\":\"" + label + "\"");
  }

  /** What the model says of each record, asked without Tidemill. */
  private List<String> labels(Path model) throws Exception {
    List<String> labels = new ArrayList<>();
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(model.toString())) {
      for (String line : Files.readAllLines(directory.resolve("first/flowers/day-1.csv"))) {
        String[] words = line.split(",", -1);
        float[] features = new float[4];
        for (int i = 0; i < features.length; i++) {
          features[i] = Float.parseFloat(words[i + 1]);
        }
        try (OnnxTensor row = OnnxTensor.createTensor(environment, new float[][] {features});
            OrtSession.Result result = session.run(Map.of("X", row), Set.of("output_label"))) {
          labels.add(SPECIES.get((int) ((long[]) result.get(0).getValue())[0]));
        }
      }
    }
    return labels;
  }
}
