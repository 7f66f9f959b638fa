package io.tidemill.model.engine.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import io.tidemill.model.Device;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.OtherProcess;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.Operation;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PyTorchModelLoaderITCase {
  private static final TensorSpec IN = TensorSpec.of("in", ElementType.FLOAT32, -1, 3);
  private static final TensorSpec OUT = TensorSpec.of("out", ElementType.FLOAT32, -1, 3);

  @TempDir Path directory;

  @Test
  void findsTheFileOneFolderDown() {
    Signature signature = TorchScripts.mlp(directory.resolve("model"), 4);

    try (Model model = Loading.load(directory, signature)) {
      assertThat(model.version()).isEqualTo(Loading.VERSION);
      assertThat(model.signature()).isEqualTo(signature);
    }
  }

  @Test
  void refusesFolderWithSeveralFilesOrNone() {
    Signature signature = new Signature(List.of(IN), List.of(OUT));
    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith(
            "fraud:1.4.2: 0 files named .pt or .pth in %s (expected: 1 ".formatted(directory));

    TorchScripts.mlp(directory.resolve("first"), 4);
    TorchScripts.mlp(directory.resolve("second"), 4);
    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("fraud:1.4.2: 2 files named .pt or .pth");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "not an archive"})
  void refusesFileThatIsNoTorchScript(String content) throws IOException {
    Files.writeString(directory.resolve("model.pt"), content);

    assertThatThrownBy(() -> Loading.load(directory, new Signature(List.of(IN), List.of(OUT))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: PyTorch cannot load it: ")
        .hasMessageEndingWith(" (expected: a file of torch.jit.save)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.save(x, \"FILE\")|save",
        "torch . save(x, \"FILE\")|save",
        "x.save(\"FILE\")|save",
        "y = torch.from_file(\"FILE\", False, 1)|from_file",
        "y = ops.image.read_file(\"FILE\")|ops.image",
        "y = getattr(torch, \"sa\" \"ve\")|getattr(torch",
        "y = \"#\"; torch.save(x, \"FILE\")|save",
        "y = \"\\\\\"; torch.save(x, \"FILE\")|save",
        "y = \"\"\"#\"\"\"; torch.save(x, \"FILE\")|save",
        "t = torch; y = \"torch\"|torch",
        "# type: \"\"\" \"\"\" torch.save(x, \"FILE\")|save",
      })
  void refusesProgramsThatCouldReachOutside(String line, String name) {
    Path target = directory.resolve("written");
    Signature signature = TorchScripts.after(directory, line.replace("FILE", target.toString()));

    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: operations are refused: ")
        .hasMessageContaining(name + " (could reach outside of the model");
    assertThat(target).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "y = \"torch could not save or load\"",
        "y = 'a \\' torch'",
        "y = \"\"\"a \"torch\"\n ops\"\"\"",
        "y = 1  # torch and ops save nothing",
      })
  void readsNoCodeInStringsAndComments(String line) {
    Signature signature = TorchScripts.after(directory, line);

    assertThat(new PyTorchEngine().operations(directory, signature))
        .noneMatch(Operation::dangerous);
    Loading.load(directory, signature).close();
  }

  @Test
  void takesTheDirectoryThatPyTorchItselfWrites() throws IOException {
    Signature signature = TorchScripts.mlp(directory, 4);
    TorchScripts.change(directory, Zips::withEndOf64Bits);

    Loading.load(directory, signature).close();
  }

  @Test
  void refusesAnArchiveOfMoreEntriesThanAnyModelHas() throws IOException {
    Signature signature = TorchScripts.mlp(directory, 4);
    List<String> names = IntStream.range(0, 100_000).mapToObj(i -> "model/" + i).toList();
    TorchScripts.change(directory, zip -> Zips.withEntries(zip, names));

    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("it has more than 100000 entries");
  }

  static List<Arguments> readInTwoWays() {
    return List.of(
        Arguments.of("its directory is not right before its end", change(Zips::withOtherDirectory)),
        Arguments.of("it has several ends", change(Zips::withTwoEnds)),
        Arguments.of(
            "its directory has more entries than it says", change(Zips::withFewerEntriesSaid)),
        Arguments.of(
            "'model/DATA.pkl' is in it twice",
            change(zip -> Zips.withEntry(zip, "model/DATA.pkl"))),
        Arguments.of(
            "it is of a format before PyTorch 1.4",
            change(zip -> Zips.withEntry(zip, "model/Model.json"))),
        Arguments.of("its ends of 32 and of 64 bits disagree", change(Zips::withOtherEndOf64Bits)),
        Arguments.of(
            "its end is not at the end", change(zip -> Arrays.copyOf(zip, zip.length + 1))));
  }

  private static UnaryOperator<byte[]> change(UnaryOperator<byte[]> change) {
    return change;
  }

  /** Java would read one directory of entries and PyTorch another. */
  @ParameterizedTest
  @MethodSource("readInTwoWays")
  void refusesAnArchiveThatCanBeReadInTwoWays(String reason, UnaryOperator<byte[]> change)
      throws IOException {
    Signature signature = TorchScripts.mlp(directory, 4);
    TorchScripts.change(directory, change);

    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage(
            "fraud:1.4.2: PyTorch cannot load it: %s (expected: a file of torch.jit.save)"
                .formatted(reason));
  }

  @Test
  void leavesProgramsAloneThatOnlyCompute() {
    Signature signature = TorchScripts.mlp(directory, 4);

    assertThat(new PyTorchEngine().operations(directory, signature))
        .extracting(Operation::name, Operation::dangerous)
        .contains(tuple("addmm", false), tuple("relu", false), tuple("sigmoid", false))
        .noneMatch(operation -> operation.toList().contains(true));
  }

  @Test
  void refusesStringsWhichTensorsDoNotHave() {
    Signature signature =
        new Signature(List.of(TensorSpec.of("in", ElementType.STRING, -1)), List.of(OUT));

    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "fraud:1.4.2: tensors [in string[-1]] (expected: of float32, float64, ");
  }

  @Test
  void refusesInputWithSeveralOpenSizes() {
    Signature signature =
        new Signature(List.of(TensorSpec.of("in", ElementType.FLOAT32, -1, -1, -1)), List.of(OUT));

    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "input in float32[-1, -1, -1] leaves several sizes open (expected: at most one besides the batch's)");
  }

  @Test
  void refusesThreadsThatTheProcessDoesNotHave() {
    Signature signature = TorchScripts.mlp(directory, 4);
    Loading.load(directory, signature).close();
    int there = JniUtils.getNumThreads();

    try (Model same = load(signature, there)) {
      assertThat(same.version()).isEqualTo(Loading.VERSION);
    }
    assertThatThrownBy(() -> load(signature, there + 2))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessage(
            "fraud:1.4.2: threads: %d, but PyTorch has %d for all models of this process (expected: %d or none said; or -Dai.djl.pytorch.num_threads=%d in Flink's env.java.opts.taskmanager, for all jobs)",
            there + 2, there, there, there + 2);
  }

  @Test
  void theFirstModelOfAProcessSaysItsThreads() throws Exception {
    assertThat(outputOfFirstModel(Map.of())).contains("threads: 3");
  }

  @Test
  void libraryOfYourOwnNeedsOnlyItsFolder() throws Exception {
    PyTorchLibrary.OF_PROCESS.start("test", null);
    Path library = Files.createDirectory(directory.resolve("lib"));
    try (Stream<Path> files = Files.list(Path.of(LibUtils.getLibtorchPath()))) {
      for (Path file : files.filter(file -> !file.toString().contains("djl_torch")).toList()) {
        Files.createSymbolicLink(library.resolve(file.getFileName()), file);
      }
    }
    Path cache = directory.resolve("cache");

    assertThat(
            outputOfFirstModel(
                Map.of(
                    "PYTORCH_LIBRARY_PATH", library.toString(), "DJL_CACHE_DIR", cache.toString())))
        .contains("library: " + library);
  }

  private List<String> outputOfFirstModel(Map<String, String> environment) throws Exception {
    Path model = directory.resolve("model");
    TorchScripts.mlp(model, 4);
    ProcessBuilder java =
        OtherProcess.of(FirstModel.class, model)
            .builder()
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    java.environment().putAll(environment);
    Process process = java.start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      List<String> lines = out.lines().toList();
      assertThat(process.waitFor()).isZero();
      return lines;
    } finally {
      process.destroyForcibly();
    }
  }

  /** Loads a model where none was loaded before. */
  static final class FirstModel {
    private FirstModel() {}

    public static void main(String[] folder) {
      Placement placement = Placement.CPU.withThreads(3);
      Signature signature = new Signature(List.of(IN), List.of(OUT));
      new PyTorchEngine().load(Loading.VERSION, signature, Path.of(folder[0]), placement).close();
      System.out.println("threads: " + JniUtils.getNumThreads());
      System.out.println("library: " + LibUtils.getLibtorchPath());
    }
  }

  private Model load(Signature signature, int threads) {
    return new PyTorchEngine()
        .load(Loading.VERSION, signature, directory, Placement.CPU.withThreads(threads));
  }

  @Test
  void refusesGpuWithALibraryForTheCpu() {
    Signature signature = TorchScripts.mlp(directory, 4);

    assertThatThrownBy(
            () ->
                new PyTorchEngine()
                    .load(
                        Loading.VERSION, signature, directory, Placement.on(Device.parse("gpu:1"))))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith(
            "fraud:1.4.2: device gpu:1, but PyTorch sees no GPU here (expected: PYTORCH_LIBRARY_PATH");
  }
}
