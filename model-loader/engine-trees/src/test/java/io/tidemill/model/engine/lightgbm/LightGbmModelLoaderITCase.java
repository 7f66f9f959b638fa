package io.tidemill.model.engine.lightgbm;

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
import io.tidemill.model.engine.ProcessThreads;
import io.tidemill.model.engine.lightgbm.Boosters.Objective;
import io.tidemill.model.golden.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

class LightGbmModelLoaderITCase {
  private static final TensorSpec SCORE = TensorSpec.of("prediction", ElementType.FLOAT64, -1);

  @TempDir Path directory;

  @AfterEach
  void forgetThreads() {
    System.clearProperty(LightGbmEngine.THREADS.name());
  }

  @Test
  void takesNanForAMissingValue() {
    assertThat(new LightGbmEngine().takesNanAsMissing()).isTrue();
  }

  @Test
  void saysHowManyTreesAPredictionAddsUp() throws Exception {
    Boosters.train(directory, Objective.CLASSES).close();

    assertThat(new LightGbmEngine().labels(directory)).containsExactly(Map.entry("trees", "30"));
  }

  @ParameterizedTest
  @EnumSource
  void readsTheSignatureOfFileAndFolder(Objective objective) throws Exception {
    Boosters.train(directory, objective).close();

    var engine = new LightGbmEngine();

    assertThat(engine.signature(directory)).contains(objective.signature());
    assertThat(engine.signature(directory.resolve("model.txt"))).contains(objective.signature());
  }

  static List<Arguments> misfits() {
    TensorSpec nine = TensorSpec.of("features", ElementType.FLOAT32, -1, 9);
    TensorSpec open = TensorSpec.of("features", ElementType.FLOAT32, -1, -1);
    TensorSpec ints = TensorSpec.of("features", ElementType.INT32, -1, 8);
    TensorSpec cube = TensorSpec.of("features", ElementType.FLOAT32, -1, 2, 4);
    TensorSpec three = TensorSpec.of("prediction", ElementType.FLOAT64, -1, 3);
    String has = " in the manifest but features float32[-1, 8] in the booster";
    return List.of(
        Arguments.of(List.of(nine), List.of(SCORE), "input is " + nine + has),
        Arguments.of(List.of(open), List.of(SCORE), "input is " + open + has),
        Arguments.of(List.of(ints), List.of(SCORE), "input is " + ints + has),
        Arguments.of(List.of(cube), List.of(SCORE), "input is " + cube + has),
        Arguments.of(
            List.of(Boosters.INPUT),
            List.of(three),
            "output is prediction float64[-1, 3] in the manifest but prediction float64[-1] in"),
        Arguments.of(
            List.of(Boosters.INPUT),
            List.of(SCORE, TensorSpec.of("label", ElementType.FLOAT32, -1)),
            "outputs are [prediction float64[-1], label float32[-1]] in the manifest but the booster has one"));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void refusesManifestThatDoesNotFitNamingBothSides(
      List<TensorSpec> inputs, List<TensorSpec> outputs, String message) throws Exception {
    Boosters.train(directory, Objective.BINARY).close();

    assertThatThrownBy(() -> Boosters.load(directory, new Signature(inputs, outputs)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: ")
        .hasMessageContaining(message);
  }

  @Test
  void refusesFileThatIsCutOffAnywhere() throws Exception {
    Boosters.train(directory, Objective.BINARY).close();
    Path file = directory.resolve("model.txt");
    String whole = Files.readString(file);
    int end = whole.indexOf("end of trees");

    for (int part = 0; part < 200; part++) {
      Files.writeString(file, whole.substring(0, end * part / 200));

      assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageStartingWith("fraud:1.4.2: model.txt ");
    }
  }

  @Test
  void refusesFileThatLacksATree() throws Exception {
    Boosters.train(directory, Objective.BINARY).close();
    Path file = directory.resolve("model.txt");
    String whole = Files.readString(file);
    Files.writeString(
        file,
        whole.substring(0, whole.indexOf("Tree=3"))
            + whole.substring(whole.indexOf("end of trees")));

    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: model.txt has 3 trees but announces 10");
  }

  @Test
  void refusesFileThatIsNoModel() throws IOException {
    Files.writeString(directory.resolve("model.txt"), "Dear diary,\nnothing happened\n");

    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: model.txt does not begin with the line 'tree'");
    assertThatThrownBy(() -> new LightGbmEngine().signature(directory))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith(directory + ": model.txt ");
  }

  @Test
  void refusesTextWithImpossibleSizes() throws Exception {
    Boosters.train(directory, Objective.BINARY).close();
    Path file = directory.resolve("model.txt");
    String whole = Files.readString(file);

    Files.writeString(file, whole.replace("max_feature_idx=7", "max_feature_idx=many"));
    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("has 'many' in max_feature_idx");
    Files.writeString(file, whole.replace("num_class=1", "num_class=0"));
    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("has 0 classes, which must be 1 to 65536");
  }

  @Test
  void refusesFolderWithoutAModelOrWithTwo() throws Exception {
    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: 0 files named .txt in " + directory);

    Boosters.train(directory, Objective.BINARY).close();
    Files.copy(directory.resolve("model.txt"), directory.resolve("two.txt"));
    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: 2 files named .txt in " + directory);
  }

  @Test
  void refusesGpu() {
    assertThatThrownBy(
            () ->
                new LightGbmEngine()
                    .load(
                        Boosters.VERSION,
                        Boosters.SINGLE,
                        directory,
                        Placement.on(Device.parse("gpu"))))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith(
            "fraud:1.4.2: device gpu:0, but LightGBM predicts on the processor only (expected: cpu");
  }

  @Test
  void namesTheJarThatIsAbsent() {
    assertThatThrownBy(() -> LightGbmLibrary.JAR.unpack(ClassLoader.getPlatformClassLoader()))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith(
            "engine lightgbm: /lightgbm4j/linux/x86_64/lib_lightgbm.so is not on")
        .hasMessageContaining("io.github.metarank:lightgbm4j:4.3.0-1");
  }

  @Test
  void refusesOtherPlatforms() {
    assertThatThrownBy(() -> new NativePlatform("Mac OS X", "aarch64").require("lightgbm"))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith(
            "engine lightgbm: platform Mac OS X aarch64 (expected: Linux amd64");
  }

  @Test
  void splitsACallOverAsManyThreadsAsTheProcessSays() throws Exception {
    Boosters.train(directory, Objective.BINARY).close();
    assertThat(LightGbmEngine.THREADS.get()).isEqualTo(1);

    System.setProperty(LightGbmEngine.THREADS.name(), "2");
    assertThat(LightGbmEngine.THREADS.get()).isEqualTo(2);
    try (Model model = Boosters.load(directory, Boosters.SINGLE)) {
      assertThat(model.version()).isEqualTo(Boosters.VERSION);
    }
  }

  @Test
  void splitsACallOverAsManyThreadsAsTheJobSays() throws Exception {
    Boosters.train(directory, Objective.BINARY).close();
    System.setProperty(LightGbmEngine.THREADS.name(), "1");

    assertThat(ProcessThreads.startedBy(() -> score(Placement.CPU))).isLessThan(20);
    assertThat(ProcessThreads.startedBy(() -> score(Placement.CPU.withThreads(40))))
        .isGreaterThan(30);
  }

  private void score(Placement placement) {
    try (Model model =
            new LightGbmEngine().load(Boosters.VERSION, Boosters.SINGLE, directory, placement);
        BufferAllocator memory = ColumnMemory.child("threads", 1 << 20);
        ColumnBatch input = Sample.zeros(model.signature()).of(512, memory);
        ColumnBatch output = model.predict(input, memory)) {
      assertThat(output.rows()).isEqualTo(512);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "many"})
  void refusesThreadsThatAreNone(String threads) {
    System.setProperty(LightGbmEngine.THREADS.name(), threads);

    assertThatThrownBy(LightGbmEngine.THREADS::get)
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith("-Dtidemill.lightgbm.threads: ")
        .hasMessageContaining(threads);
  }
}
