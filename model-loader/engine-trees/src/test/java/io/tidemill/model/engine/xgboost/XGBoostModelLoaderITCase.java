package io.tidemill.model.engine.xgboost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.Device;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.NativePlatform;
import io.tidemill.model.engine.SavedModel;
import io.tidemill.model.engine.xgboost.Boosters.Objective;
import io.tidemill.model.golden.Sample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class XGBoostModelLoaderITCase {
  private static final TensorSpec SCORE = TensorSpec.of("prediction", ElementType.FLOAT32, -1);

  @TempDir Path directory;

  @AfterEach
  void forgetThreads() {
    System.clearProperty(XGBoostEngine.THREADS.name());
  }

  @Test
  void takesNanForAMissingValue() {
    assertThat(new XGBoostEngine().takesNanAsMissing()).isTrue();
  }

  @Test
  void saysHowManyTreesAPredictionAddsUp() throws Exception {
    Path file = directory.resolve("model.ubj");
    var booster = Boosters.train(directory, "model.ubj", Objective.PROBABILITIES);
    assertThat(new XGBoostEngine().labels(directory)).containsExactly(Map.entry("trees", "30"));

    booster.setAttr("best_iteration", "3");
    booster.saveModel(file.toString());
    booster.dispose();
    assertThat(new XGBoostEngine().labels(file)).containsExactly(Map.entry("trees", "12 of 30"));
  }

  /** XGBoost 1.6 does not write where iterations begin. */
  @Test
  void countsTheTreesOfOldFiles() throws Exception {
    Path file = directory.resolve("model.json");
    String text =
        new String(
            new SavedModel(Boosters.class, "1.6.2", "binary.json").bytes(), StandardCharsets.UTF_8);
    Files.writeString(file, text);
    assertThat(new XGBoostEngine().labels(file)).containsExactly(Map.entry("trees", "2"));

    Files.writeString(
        file, text.replace("\"attributes\":{", "\"attributes\":{\"best_iteration\":\"0\""));
    assertThat(new XGBoostEngine().labels(file)).containsExactly(Map.entry("trees", "1 of 2"));
  }

  @Test
  void saysOfTheOldBinaryFormToSaveItAsUbj() throws IOException {
    Path file = Files.writeString(directory.resolve("fraud.model"), "binf\0\0\0?");

    assertThatThrownBy(() -> new XGBoostEngine().detect(file))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith(file + ": a booster in XGBoost's old binary form")
        .hasMessageContaining("save as .ubj");
  }

  @ParameterizedTest
  @EnumSource
  void readsTheSignatureOfFileAndFolder(Objective objective) throws Exception {
    Boosters.train(directory, "model.ubj", objective).dispose();

    var engine = new XGBoostEngine();

    assertThat(engine.signature(directory)).contains(objective.signature());
    assertThat(engine.signature(directory.resolve("model.ubj"))).contains(objective.signature());
  }

  static List<Arguments> misfits() {
    TensorSpec nine = TensorSpec.of("features", ElementType.FLOAT32, -1, 9);
    TensorSpec open = TensorSpec.of("features", ElementType.FLOAT32, -1, -1);
    TensorSpec doubles = TensorSpec.of("features", ElementType.FLOAT64, -1, 8);
    TensorSpec cube = TensorSpec.of("features", ElementType.FLOAT32, -1, 2, 4);
    TensorSpec three = TensorSpec.of("prediction", ElementType.FLOAT32, -1, 3);
    String has = " in the manifest but features float32[-1, 8] in the booster";
    return List.of(
        Arguments.of(List.of(nine), List.of(SCORE), "input is " + nine + has),
        Arguments.of(List.of(open), List.of(SCORE), "input is " + open + has),
        Arguments.of(List.of(doubles), List.of(SCORE), "input is " + doubles + has),
        Arguments.of(List.of(cube), List.of(SCORE), "input is " + cube + has),
        Arguments.of(
            List.of(Boosters.INPUT),
            List.of(three),
            "output is prediction float32[-1, 3] in the manifest but prediction float32[-1] in"),
        Arguments.of(
            List.of(Boosters.INPUT),
            List.of(SCORE, TensorSpec.of("label", ElementType.FLOAT32, -1)),
            "outputs are [prediction float32[-1], label float32[-1]] in the manifest but the booster has one"));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void refusesManifestThatDoesNotFitNamingBothSides(
      List<TensorSpec> inputs, List<TensorSpec> outputs, String message) throws Exception {
    Boosters.train(directory, "model.ubj", Objective.BINARY).dispose();

    assertThatThrownBy(() -> Boosters.load(directory, new Signature(inputs, outputs)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.json", "model.ubj"})
  void refusesFileThatIsCutOffAnywhere(String name) throws Exception {
    Boosters.train(directory, name, Objective.BINARY).dispose();
    Path file = directory.resolve(name);
    byte[] whole = Files.readAllBytes(file);

    for (int part = 0; part < 200; part++) {
      Files.write(file, Arrays.copyOf(whole, whole.length * part / 200));

      assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageStartingWith("fraud:1.4.2: ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.json", "model.ubj"})
  void refusesFileThatIsNoBooster(String name) throws IOException {
    Files.writeString(directory.resolve(name), "#!/bin/sh\necho hello, this is a script\n");

    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: ");
    assertThatThrownBy(() -> new XGBoostEngine().signature(directory))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith(directory + ": ");
  }

  @Test
  void refusesJsonThatIsSomethingElse() throws IOException {
    Files.writeString(directory.resolve("model.json"), "{\"weights\": [1, 2]}");

    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: model.json cannot be scored: model.learner: nothing");
  }

  @Test
  void refusesLinearBooster() throws Exception {
    Boosters.train(directory, "model.json", Map.of("booster", "gblinear")).dispose();

    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("gradient_booster: 'gblinear' (expected: gbtree or dart)");
  }

  @Test
  void refusesFolderWithoutAModelOrWithTwo() throws Exception {
    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: 0 files named .ubj or .json in " + directory);

    Boosters.train(directory, "one.ubj", Objective.BINARY).dispose();
    Boosters.train(directory, "two.json", Objective.BINARY).dispose();
    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: 2 files named .ubj or .json in " + directory);
  }

  @Test
  void refusesGpu() {
    assertThatThrownBy(
            () ->
                new XGBoostEngine()
                    .load(
                        Boosters.VERSION,
                        Boosters.SINGLE,
                        directory,
                        Placement.on(Device.parse("gpu"))))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith(
            "fraud:1.4.2: device gpu:0, but the library of xgboost4j_2.12 is built without CUDA (expected: cpu");
  }

  @Test
  void namesTheJarThatIsAbsent() {
    assertThatThrownBy(() -> XGBoostLibrary.JAR.unpack(ClassLoader.getPlatformClassLoader()))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith("engine xgboost: /lib/linux/x86_64/libxgboost4j.so is not on")
        .hasMessageContaining("ml.dmlc:xgboost4j_2.12:3.4.0");
  }

  @Test
  void refusesOtherPlatforms() {
    assertThatThrownBy(() -> new NativePlatform("Mac OS X", "aarch64").require("xgboost"))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith("engine xgboost: platform Mac OS X aarch64 (expected: Linux amd64");
  }

  @Test
  void splitsACallOverAsManyThreadsAsTheProcessSays() throws Exception {
    Boosters.train(directory, "model.ubj", Objective.BINARY).dispose();
    assertThat(XGBoostEngine.THREADS.get()).isEqualTo(1);

    System.setProperty(XGBoostEngine.THREADS.name(), "2");
    assertThat(XGBoostEngine.THREADS.get()).isEqualTo(2);
    try (Model model = Boosters.load(directory, Boosters.SINGLE)) {
      assertThat(model.version()).isEqualTo(Boosters.VERSION);
    }
  }

  @Test
  void takesTheThreadsOfTheJobInPlaceOfThoseOfTheProcess() throws Exception {
    Boosters.train(directory, "model.ubj", Objective.BINARY).dispose();
    System.setProperty(XGBoostEngine.THREADS.name(), "many");

    score(Placement.CPU.withThreads(2));
    assertThatThrownBy(() -> score(Placement.CPU)).isInstanceOf(UnavailableHereException.class);
  }

  private void score(Placement placement) {
    try (Model model =
            new XGBoostEngine().load(Boosters.VERSION, Boosters.SINGLE, directory, placement);
        BufferAllocator memory = ColumnMemory.child("threads", 1 << 20);
        ColumnBatch input = Sample.zeros(model.signature()).of(512, memory);
        ColumnBatch output = model.predict(input, memory)) {
      assertThat(output.rows()).isEqualTo(512);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "many"})
  void refusesThreadsThatAreNone(String threads) {
    System.setProperty(XGBoostEngine.THREADS.name(), threads);

    assertThatThrownBy(XGBoostEngine.THREADS::get)
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith("-Dtidemill.xgboost.threads: ")
        .hasMessageContaining(threads);
  }
}
