package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.engine.onnx.OnnxModels;
import io.tidemill.model.engine.pytorch.TorchScripts;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.model.importing.archive.Archives;
import io.tidemill.model.store.cache.LocalModelCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people have, pushed, proved and scored with its engine. */
class ModelPushITCase {
  private static final String[] TENSORS = tensors("features", "score");

  @TempDir private Path directory;

  @BeforeEach
  void ownCache() {
    System.setProperty(LocalModelCache.PROPERTY, directory.resolve("cache").toString());
  }

  @AfterEach
  void forgetCache() {
    System.clearProperty(LocalModelCache.PROPERTY);
  }

  private static String[] tensors(String input, String output) {
    return new String[] {
      "--input-tensor", input + " float32[-1, 4]", "--output-tensor", output + " float32[-1, 1]"
    };
  }

  private Path folder(String path) throws IOException {
    return Files.createDirectories(directory.resolve(path));
  }

  private Path write(String path, String text) throws IOException {
    Path file = directory.resolve(path);
    Files.createDirectories(file.resolveSibling(""));
    return Files.writeString(file, text);
  }

  private Path copy(String path, String name) throws IOException {
    return Files.copy(directory.resolve(path), folder("copy").resolve(name));
  }

  private CommandRun run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("model"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--store", directory.resolve("store").toString()));
    return CommandRun.of(Map.of(), all.toArray(new String[0]));
  }

  private void assertScores(String found, String engine, Path path, String... more) {
    List<String> arguments = new ArrayList<>(List.of("push", path.toString(), "net:1.0.0"));
    arguments.addAll(List.of(more));
    CommandRun imported = run(arguments.toArray(new String[0]));
    assertThat(imported.err()).isEmpty();
    assertThat(imported.out())
        .startsWith("published  net:1.0.0\n")
        .contains("found      " + found + "\n")
        .contains("engine     " + engine + "\n");

    assertThat(run("verify", "net:1.0.0").exitCode()).isEqualTo(ExitCode.DONE);
    CommandRun tested = run("test", "net:1.0.0");
    assertThat(tested.err()).isEmpty();
    assertThat(tested.out()).startsWith("net:1.0.0 on cpu: loads and scores a sample; ");
  }

  /** The version that {@link #assertScores} pushed scores as these files do by themselves. */
  private void assertScoresAs(Path alone, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("push", alone.toString(), "alone:1.0.0"));
    arguments.addAll(List.of(more));
    assertThat(run(arguments.toArray(new String[0])).err()).isEmpty();
    Path golden = directory.resolve("net.arrow");
    Path expected = directory.resolve("alone.arrow");
    assertThat(run("test", "net:1.0.0", "--write", golden.toString()).err()).isEmpty();
    assertThat(run("test", "alone:1.0.0", "--write", expected.toString()).err()).isEmpty();

    assertThat(golden).hasSameBinaryContentAs(expected);
  }

  @Test
  void aSavedModel() throws IOException {
    Path saved = folder("saved");
    SavedModels.mlp(saved, 4);

    assertScores("TensorFlow SavedModel", "tensorflow", saved);
  }

  @Test
  void aSavedModelWithConstants() throws IOException {
    Path saved = folder("saved");
    SavedModels.scaled(saved);
    String[] constants = {
      "--constant", "keep_prob=0.5", "--constant", "offsets=1,2,3",
      "--constant", "is_training=false", "--constant", "unit=EUR, per hour"
    };

    assertScores("TensorFlow SavedModel", "tensorflow", saved, constants);
    assertThat(run("inspect", "net:1.0.0").out())
        .contains("constant is_training bool[] = false\n")
        .contains("constant keep_prob float32[] = 0.5\n")
        .contains("constant offsets float32[3] = 1,2,3\n")
        .contains("constant unit string[] = EUR, per hour\n");
    constants[1] = "keep_prob=1.0";
    List<String> other = new ArrayList<>(List.of("push", saved.toString(), "net:1.0.0"));
    other.addAll(List.of(constants));
    assertThat(run(other.toArray(new String[0])).err()).contains("net:1.0.0").contains("sha256:");
    assertThat(run("push", saved.toString(), "net:2.0.0").err())
        .contains("input 'is_training' is bool[], which has no rows")
        .contains("--constant is_training=VALUE");
  }

  @Test
  void aBasePathOfTensorFlowServing() throws IOException {
    SavedModels.mlp(folder("serving/1"), 4);
    SavedModels.mlp(folder("serving/2"), 4);

    assertScores("TensorFlow Serving base path", "tensorflow", directory.resolve("serving"));
  }

  @Test
  void anOnnxFile() throws IOException {
    Path folder = folder("onnx");
    OnnxModels.mlp(folder, 4);

    assertScores("ONNX file", "onnx", folder.resolve(OnnxModels.FILE));
  }

  @Test
  void anOnnxFileWhoseWeightsLieBesideIt() throws IOException {
    Path folder = folder("onnx");
    OnnxModels.mlpWithWeightsBeside(folder, 4);

    assertScores("ONNX file", "onnx", folder.resolve(OnnxModels.FILE));
  }

  @Test
  void aTorchScriptWithTheSignatureThatTheUserGives() throws IOException {
    Path folder = folder("torch");
    TorchScripts.mlp(folder, 4);

    assertScores("TorchScript file", "pytorch", folder.resolve(TorchScripts.FILE), TENSORS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.json", "model.ubj"})
  void anXgboostFile(String name) throws Exception {
    xgboost(directory, name);

    assertScores("XGBoost file", "xgboost", directory.resolve(name));
  }

  private static void xgboost(Path folder, String name) throws Exception {
    io.tidemill.model.engine.xgboost.Boosters.train(
            folder, name, io.tidemill.model.engine.xgboost.Boosters.Objective.BINARY)
        .dispose();
  }

  @Test
  void aLightGbmText() throws Exception {
    lightgbm(directory);

    assertScores("LightGBM text", "lightgbm", directory.resolve("model.txt"));
  }

  private static void lightgbm(Path folder) throws Exception {
    io.tidemill.model.engine.lightgbm.Boosters.train(
            folder, io.tidemill.model.engine.lightgbm.Boosters.Objective.CLASSES)
        .close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          model.onnx | input 'features' is int32[-1, 4] in the manifest but float32[-1, 4] in
          model.ubj  | input is features int32[-1, 4] in the manifest but features float32[-1, 8] in
          model.txt  | input is features int32[-1, 4] in the manifest but features float32[-1, 8] in
          """)
  void refusesTensorsThatAreNotThoseOfTheFile(String name, String difference) throws Exception {
    switch (name) {
      case "model.onnx" -> OnnxModels.mlp(directory, 4);
      case "model.ubj" -> xgboost(directory, name);
      default -> lightgbm(directory);
    }
    Path file = directory.resolve(name);

    CommandRun run =
        run(
            "push",
            file.toString(),
            "net:1.0.0",
            "--input-tensor",
            "features int32[-1, 4]",
            "--output-tensor",
            "score float32[-1, 1]");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).contains(file + ": ", difference);
  }

  @ParameterizedTest
  @CsvSource({
    "tensorflow, tensorflow_savedmodel, features, score",
    "onnx, onnxruntime_onnx, features, score",
    "pytorch, pytorch_libtorch, INPUT__0, OUTPUT__0",
  })
  void aModelOfATritonRepository(String engine, String platform, String input, String output)
      throws IOException {
    switch (engine) {
      case "tensorflow" -> SavedModels.mlp(folder("repo/net/3/model.savedmodel"), 4);
      case "onnx" -> OnnxModels.mlp(folder("repo/net/3"), 4);
      default -> TorchScripts.mlp(folder("repo/net/3"), 4);
    }
    write(
        "repo/net/config.pbtxt",
        """
        name: "net"
        platform: "%s"
        max_batch_size: 64
        input [ { name: "%s" data_type: TYPE_FP32 dims: [ 4 ] } ]
        output [ { name: "%s" data_type: TYPE_FP32 dims: [ 1 ] } ]
        dynamic_batching { preferred_batch_size: [ 32, 64 ] max_queue_delay_microseconds: 100 }
        version_policy: { latest { num_versions: 1 }}
        """
            .formatted(platform, input, output));

    assertScores("model of a Triton repository", engine, directory.resolve("repo"));
    switch (engine) {
      case "tensorflow" -> assertScoresAs(directory.resolve("repo/net/3/model.savedmodel"));
      case "onnx" -> assertScoresAs(directory.resolve("repo/net/3/" + OnnxModels.FILE));
      default ->
          assertScoresAs(
              directory.resolve("repo/net/3/" + TorchScripts.FILE), tensors(input, output));
    }
  }

  @Test
  void boostersOfATritonRepository() throws Exception {
    xgboost(folder("repo/trees/1"), "xgboost.json");
    write(
        "repo/trees/config.pbtxt",
        """
        backend: "fil"
        max_batch_size: 32768
        input [ { name: "input__0" data_type: TYPE_FP32 dims: [ 8 ] } ]
        output [ { name: "output__0" data_type: TYPE_FP32 dims: [ 1 ] } ]
        parameters [ { key: "model_type" value: { string_value: "xgboost_json" } } ]
        """);

    assertScores("model of a Triton repository", "xgboost", directory.resolve("repo/trees"));
    assertScoresAs(directory.resolve("repo/trees/1/xgboost.json"));
  }

  @ParameterizedTest
  @CsvSource({
    "tensorflow, '{code: null, model_type: tf2-module, saved_model_dir: tf2model}'",
    "onnx, '{code: null, data: model.onnx, onnx_version: 1.16.0, providers: [CPUExecutionProvider]}'",
    "pytorch, '{code: null, model_data: data, pytorch_version: 2.7.1}'",
    "xgboost, '{code: null, data: model.xgb, model_class: xgboost.core.Booster, model_format: xgb, xgb_version: 3.0.4}'",
    "lightgbm, '{code: null, data: model.lgb, lgb_version: 4.3.0, model_class: lightgbm.basic.Booster}'",
  })
  void anMlflowModel(String engine, String flavour) throws Exception {
    switch (engine) {
      case "tensorflow" -> SavedModels.mlp(folder("run/tf2model"), 4);
      case "onnx" -> OnnxModels.mlpWithWeightsBeside(folder("run"), 4);
      case "pytorch" -> {
        TorchScripts.mlp(folder("run/data"), 4);
        Files.move(
            directory.resolve("run/data/" + TorchScripts.FILE),
            directory.resolve("run/data/model.pth"));
        write("run/data/pickle_module_info.txt", "mlflow.pytorch.pickle_module");
      }
      case "xgboost" -> {
        xgboost(folder("run"), "model.ubj");
        Files.move(directory.resolve("run/model.ubj"), directory.resolve("run/model.xgb"));
      }
      default -> {
        lightgbm(folder("run"));
        Files.move(directory.resolve("run/model.txt"), directory.resolve("run/model.lgb"));
      }
    }
    write("run/conda.yaml", "name: mlflow-env\n");
    write("run/requirements.txt", "mlflow==2.14.1\n");
    write("run/input_example.json", "[[0, 0, 0, 0]]");
    write(
        "run/MLmodel",
        """
        artifact_path: model
        flavors:
          %s: %s
          python_function:
            env: {conda: conda.yaml, virtualenv: python_env.yaml}
            loader_module: mlflow.%s
            python_version: 3.11.4
        mlflow_version: 2.14.1
        model_size_bytes: 35040
        model_uuid: 516954aae7c94e91adeed9df76cb4052
        signature:
          inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}]'
          outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
          params: null
        utc_time_created: '2024-06-11 22:09:41.968097'
        """
            .formatted(engine, flavour, engine));

    assertScores("MLflow model", engine, directory.resolve("run"));
    switch (engine) {
      case "tensorflow" -> assertScoresAs(directory.resolve("run/tf2model"));
      case "onnx" -> assertScoresAs(directory.resolve("run/" + OnnxModels.FILE));
      case "pytorch" ->
          assertScoresAs(directory.resolve("run/data/model.pth"), tensors("input", "output"));
      case "xgboost" -> assertScoresAs(copy("run/model.xgb", "model.ubj"));
      default -> assertScoresAs(copy("run/model.lgb", "model.txt"));
    }
  }

  @Test
  void anArchive() throws IOException {
    Path folder = folder("onnx");
    OnnxModels.mlp(folder, 4);
    byte[] model = Files.readAllBytes(folder.resolve(OnnxModels.FILE));
    Path archive =
        Archives.tarGz(
            directory.resolve("m.tgz"), tar -> Archives.put(tar, "export/model.onnx", model));

    assertScores("ONNX file", "onnx", archive);
  }
}
