package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the model of a template says of its records, asked without Tidemill. */
public record TemplateAnswers(Map<String, Float> scores) {
  private static final List<String> FEATURES =
      List.of("amount", "hour", "distance_km", "merchant_risk");

  /** Asks it about each record in which nothing is missing. */
  public static TemplateAnswers of(Path folder) throws IOException, OrtException {
    Map<String, Float> scores = new LinkedHashMap<>();
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session =
        environment.createSession(Files.readAllBytes(folder.resolve("fraud.onnx")))) {
      for (String line : Files.readAllLines(folder.resolve("transactions/2026-11-01.json"))) {
        JsonNode record = new ObjectMapper().readTree(line);
        float[] features = new float[FEATURES.size()];
        boolean whole = true;
        for (int i = 0; i < features.length; i++) {
          whole &= record.get(FEATURES.get(i)).isNumber();
          features[i] = record.get(FEATURES.get(i)).floatValue();
        }
        if (whole) {
          try (OnnxTensor row = OnnxTensor.createTensor(environment, new float[][] {features});
              OrtSession.Result result = session.run(Map.of("features", row))) {
            scores.put(record.get("id").asText(), ((float[][]) result.get(0).getValue())[0][0]);
          }
        }
      }
    }
    return new TemplateAnswers(scores);
  }

  /** Checks that predictions are of the same records, each with the model's own answer. */
  public void assertAreThoseOf(List<String> predictions) throws IOException {
    assertThat(scores).hasSize(9);
    Map<String, Float> predicted = new LinkedHashMap<>();
    for (String line : predictions) {
      JsonNode prediction = new ObjectMapper().readTree(line);
      predicted.put(prediction.get("id").asText(), prediction.get("fraud_score").floatValue());
    }
    assertThat(predictions).hasSize(scores.size());
    assertThat(predicted.keySet()).isEqualTo(scores.keySet());
    scores.forEach(
        (id, score) -> assertThat(predicted.get(id)).as(id).isCloseTo(score, within(1e-6f)));
  }
}
