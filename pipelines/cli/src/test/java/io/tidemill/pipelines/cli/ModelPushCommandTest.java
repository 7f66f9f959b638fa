package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.engine.onnx.OnnxModels;
import io.tidemill.model.importing.archive.Archives;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.cache.LocalModelCache;
import io.tidemill.model.store.signing.Keys;
import io.tidemill.model.store.signing.SigningKey;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/** Commands that take a model from elsewhere, and give one to elsewhere. */
class ModelPushCommandTest {
  @TempDir private Path directory;

  private ModelFixture model = new ModelFixture(Path.of(""));

  @BeforeEach
  void writeSavedModel() throws IOException {
    System.setProperty(LocalModelCache.PROPERTY, directory.resolve("cache").toString());
    model = ModelFixture.in(directory);
  }

  @AfterEach
  void forgetCache() {
    System.clearProperty(LocalModelCache.PROPERTY);
  }

  private static JsonNode json(CommandRun run) throws IOException {
    return new ObjectMapper().readTree(run.out());
  }

  private CommandRun pushSavedModel(String... more) {
    List<String> all = new ArrayList<>(List.of("push", model.savedModel().toString()));
    all.addAll(List.of(more));
    return model.run(all.toArray(new String[0]));
  }

  private void addReadFile() throws IOException {
    Path file = model.savedModel().resolve("saved_model.pb");
    SavedModel.Builder saved = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
    MetaGraphDef.Builder graph = saved.getMetaGraphsBuilder(0);
    graph.getGraphDefBuilder().addNode(NodeDef.newBuilder().setName("read").setOp("ReadFile"));
    SignatureDef.Builder served = graph.getSignatureDefOrThrow("serving_default").toBuilder();
    TensorInfo score = served.getOutputsOrThrow("score").toBuilder().setName("read:0").build();
    graph.putSignatureDef("serving_default", served.putOutputs("score", score).build());
    Files.write(file, saved.build().toByteArray());
  }

  @Test
  void findsEngineAndSignature() throws IOException {
    CommandRun run = pushSavedModel("fraud:1.4.2", "--label", "git=abc");

    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .startsWith("published  fraud:1.4.2\n")
        .contains("found      TensorFlow SavedModel\n")
        .contains("engine     tensorflow\n")
        .contains("input      features float32[-1, 4]\n")
        .contains("output     score float32[-1, 1]\n");
    assertThat(json(model.run("inspect", "fraud:1.4.2", "-o", "json")).at("/labels/git").asText())
        .isEqualTo("abc");
  }

  @Test
  void publishesNothingInADryRun() throws IOException {
    Files.createDirectories(model.store());

    CommandRun run = pushSavedModel("fraud:1.4.2", "--dry-run");

    assertThat(run.out()).startsWith("dry run: would publish  fraud:1.4.2\n");
    assertThat(model.run("list").out()).startsWith("No models in ");
  }

  @Test
  void asksForNameAndVersionWhereTheFilesSayNone() {
    CommandRun run = pushSavedModel();

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains("TensorFlow SavedModel without name and version (expected: NAME:VERSION");
  }

  @Test
  void refusesAGraphThatReadsFiles() throws IOException {
    addReadFile();

    CommandRun run = model.push("fraud:1.4.2", "--dry-run");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err())
        .contains("operations are refused: ReadFile (is not known to only compute)");
  }

  @Test
  void saysHowAModelIsCalled() throws IOException {
    OnnxModels.mlpForBatch(directory.resolve("fixed"), 4, 8);
    OnnxModels.scaled(directory.resolve("scaled"));

    CommandRun fixed = model.run("push", directory.resolve("fixed").toString(), "fraud:1.4.2");
    CommandRun scaled =
        model.run(
            "push",
            directory.resolve("scaled").toString(),
            "scale:1.0.0",
            "--constant",
            "rate=0.5",
            "--constant",
            "offsets=1,2,3");

    assertThat(fixed.out()).contains("calls      8 rows in each call, the last one padded\n");
    assertThat(scaled.err()).isEmpty();
    assertThat(model.run("inspect", "scale:1.0.0").out())
        .contains("calls    constant offsets float32[3] = 1,2,3\n")
        .contains("calls    constant rate float32[] = 0.5\n");
    JsonNode json = json(model.run("inspect", "scale:1.0.0", "-o", "json"));
    assertThat(json.at("/constants/1/values/0").asText()).isEqualTo("0.5");
    assertThat(json(model.run("inspect", "fraud:1.4.2", "-o", "json")).at("/batch").asInt())
        .isEqualTo(8);
    assertThat(model.run("diff", "fraud:1.4.2", "scale:1.0.0").out())
        .contains("8 rows in each call");
    assertThat(model.run("test", "scale:1.0.0").out()).contains("loads and scores a sample");
  }

  @Test
  void takesTheWeightsOfAnOnnxFileAlong() throws IOException {
    OnnxModels.mlpWithWeightsBeside(directory, 4);
    Path alone = directory.resolve(OnnxModels.FILE);

    CommandRun run = model.run("push", alone.toString(), "fraud:1.4.2");

    assertThat(run.err()).isEmpty();
    assertThat(model.run("inspect", "fraud:1.4.2").out())
        .contains("files    2, ", "model.onnx ", "model.onnx.data ");
  }

  @Test
  void missesTheWeightsOfAnOnnxFile() throws IOException {
    OnnxModels.mlpWithWeightsBeside(directory, 4);
    Files.delete(directory.resolve("model.onnx.data"));
    Path alone = directory.resolve(OnnxModels.FILE);

    CommandRun run = model.run("push", alone.toString(), "fraud:1.4.2");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).contains(alone + ": its weights are in 'model.onnx.data'");
  }

  @Test
  void asksForTheSignatureThatAFileDoesNotSay() throws IOException {
    Path file = ModelFixture.torchScript(directory.resolve("model.pt"));

    CommandRun run = model.run("push", file.toString(), "fraud:1.4.2");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err())
        .contains(file + ": the files of engine 'pytorch' say no signature here")
        .contains("'features float32[-1, 4]' and 'score float32[-1, 1]'");
    assertThat(model.run("push", "--help").out()).contains("--input-tensor", "--output-tensor");
  }

  @Test
  void aSignatureThatContradictsTheFilesIsRefused() {
    CommandRun refused =
        pushSavedModel(
            "fraud:1.4.2",
            "--input-tensor",
            "features int64[-1, 7]",
            "--output-tensor",
            "score float32[-1, 1]");
    boolean published = Files.exists(model.store());
    CommandRun taken =
        pushSavedModel(
            "fraud:1.4.2",
            "--input-tensor",
            "features float32[-1, 4]",
            "--output-tensor",
            "score float32[-1, 1]");

    assertThat(refused.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(published).isFalse();
    assertThat(refused.err())
        .contains(model.savedModel() + ": the inputs and outputs that are given do not fit")
        .contains(
            "input 'features' is int64[-1, 7] in the manifest but float32[-1, 4] in signature 'serving_default' of the SavedModel")
        .contains("leave them out");
    assertThat(taken.exitCode()).isEqualTo(ExitCode.DONE);
  }

  @Test
  void takesTheNameOfASignatureOrItsTensors() {
    CommandRun run =
        pushSavedModel(
            "fraud:1.4.2",
            "--signature",
            "serving_default",
            "--input-tensor",
            "features float32[-1, 4]",
            "--output-tensor",
            "score float32[-1, 1]");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains("--signature: 'serving_default' beside --input-tensor and --output-tensor");
  }

  @Test
  void anEngineThatThereIsNotIsRefusedWhateverTheTensors() {
    CommandRun run =
        pushSavedModel(
            "fraud:1.4.2",
            "--engine",
            "tensroflow",
            "--input-tensor",
            "features float32[-1, 4]",
            "--output-tensor",
            "score float32[-1, 1]");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .startsWith(
            "tidemill: engine: 'tensroflow' (did you mean 'tensorflow'? allowed: lightgbm, onnx, pytorch, tensorflow, xgboost)\n");
    assertThat(model.store()).doesNotExist();
  }

  @Test
  void whatIsInAnArchiveIsNamedByTheArchive() throws IOException {
    Path archive =
        Archives.tarGz(
            directory.resolve("net.tar.gz"),
            tar -> Archives.put(tar, "net/readme", new byte[] {1}));

    CommandRun run = model.run("push", archive.toString(), "net:1.0.0");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err())
        .contains(archive + "!/net: a folder with readme; looked for")
        .doesNotContain("tidemill-import-");
  }

  @Test
  void anMlflowModelThatIsTooDeepIsRefused() throws IOException {
    Path folder = Files.createDirectories(directory.resolve("mlflow"));
    Path file = Files.writeString(folder.resolve("MLmodel"), "flavors: " + "[".repeat(100_000));

    CommandRun run = model.run("push", folder.toString(), "net:1.0.0");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).startsWith("tidemill: " + file + ": values in one another more than 32");
  }

  private static Path gzip(Path file, byte[] content) throws IOException {
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(content);
    }
    return file;
  }

  @Test
  void anArchiveThatIsDamagedIsRefusedByItsName() throws IOException {
    byte[] content = "what it is".getBytes(StandardCharsets.UTF_8);
    byte[] zipped =
        Files.readAllBytes(
            Archives.zip(
                directory.resolve("a.zip"), zip -> Archives.put(zip, "net/readme", content)));
    byte[] otherCrc = zipped.clone();
    otherCrc[new String(zipped, StandardCharsets.ISO_8859_1).indexOf("PK\u0001\u0002") + 16] ^= 1;
    byte[] tarred =
        Files.readAllBytes(
            Archives.tar(
                directory.resolve("a.tar"), tar -> Archives.put(tar, "net/readme", content)));
    byte[] otherSum = tarred.clone();
    otherSum[TarConstants.CHKSUM_OFFSET] ^= 1;
    byte[] compressed = Files.readAllBytes(gzip(directory.resolve("whole.tar.gz"), tarred));

    Map<Path, String> damaged =
        Map.of(
            Files.write(directory.resolve("crc.zip"), otherCrc),
            "at entry 'net/readme': Checksum verification failed",
            Files.write(directory.resolve("short.zip"), Arrays.copyOf(zipped, zipped.length / 2)),
            "not a ZIP archive",
            gzip(directory.resolve("sum.tar.gz"), otherSum),
            "a header of another checksum",
            gzip(directory.resolve("cut.tar.gz"), Arrays.copyOf(tarred, 600)),
            "at entry 'net/readme': ",
            Files.write(directory.resolve("half.tar.gz"), Arrays.copyOf(compressed, 60)),
            "Unexpected end of ZLIB input stream");

    damaged.forEach(
        (archive, reason) -> {
          CommandRun run = model.run("push", archive.toString(), "net:1.0.0");
          assertThat(run.exitCode()).as(archive.toString()).isEqualTo(ExitCode.MODEL);
          assertThat(run.err())
              .startsWith("tidemill: archive '" + archive + "': cannot be unpacked")
              .contains(reason)
              .doesNotContain("\tat ");
        });
    assertThat(model.store()).doesNotExist();
  }

  @Test
  void aFolderThatHoldsNoModelIsRefused() throws IOException {
    Path folder = Files.createDirectories(directory.resolve("net"));
    Files.writeString(folder.resolve("notes.md"), "to do");

    CommandRun run = model.run("push", folder.toString(), "net:1.0.0", "--engine", "tensorflow");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).contains(folder + ": a folder with notes.md; looked for");
    assertThat(model.store()).doesNotExist();
  }

  @Test
  void whatToolsLeaveBehindIsLeftOutAndNamed() throws IOException {
    Path git = Files.createDirectories(model.savedModel().resolve(".git"));
    Files.writeString(git.resolve("HEAD"), "ref: refs/heads/main");
    Files.createDirectories(model.savedModel().resolve("variables"));
    Files.writeString(model.savedModel().resolve("variables/.DS_Store"), "Bud1");
    Files.writeString(model.savedModel().resolve("._saved_model.pb"), "Mac OS X");

    CommandRun run = pushSavedModel("fraud:1.4.2");

    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("left out   ._saved_model.pb, .git, variables/.DS_Store\n");
    assertThat(json(model.run("inspect", "fraud:1.4.2", "-o", "json")).at("/files").asInt())
        .isEqualTo(1);
  }

  @Test
  void anExportIsNotPushedAsAnother() {
    model.push("fraud:1.4.2");
    Path file = directory.resolve("fraud.tar");
    model.run("export", "fraud:1.4.2", file.toString());

    CommandRun engine = model.run("push", file.toString(), "f:1.0.0", "--engine", "onnx");
    CommandRun tensors =
        model.run(
            "push",
            file.toString(),
            "f:1.0.0",
            "--input-tensor",
            "features float32[-1, 9]",
            "--output-tensor",
            "score float32[-1, 1]");

    assertThat(engine.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(engine.err())
        .contains("export of Tidemill with a model of engine 'tensorflow', not 'onnx' as you say");
    assertThat(tensors.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(tensors.err())
        .contains("with inputs [features float32[-1, 4]] and outputs [score float32[-1, 1]]")
        .contains("not [features float32[-1, 9]] and [score float32[-1, 1]] as you say");
  }

  @Test
  void refusesAPickleBeforeAnEngineOpensIt() throws IOException {
    Path pickle = Files.write(directory.resolve("model.pkl"), new byte[] {1});

    CommandRun run = model.run("push", pickle.toString(), "fraud:1.4.2", "--engine", "onnx");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err())
        .contains("file '" + pickle + "': .pkl is refused, because pickles run code")
        .contains("skl2onnx");
  }

  @Test
  void asksWhichOfTwoModelsAFolderMeans() throws IOException {
    Path folder = Files.createDirectories(directory.resolve("two"));
    Files.writeString(folder.resolve("model.onnx"), "onnx");
    Files.writeString(folder.resolve("model.txt"), "tree\nversion=v4\n");

    CommandRun run = model.run("push", folder.toString(), "fraud:1.4.2");

    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(run.err()).contains("ONNX file", "LightGBM text", "name the file or the engine");
  }

  @Test
  void exportIsPushedIntoAnotherStoreWithTheSameDigest() throws IOException {
    String digest =
        json(model.push("fraud:1.4.2", "--label", "git=abc", "-o", "json")).at("/digest").asText();
    model.run("alias", "fraud:1.4.2", "production");
    Path file = directory.resolve("fraud-1.4.2.tar");
    ModelFixture other = new ModelFixture(directory.resolve("other"));

    CommandRun exported = model.run("export", "fraud@production", file.toString());
    CommandRun again = model.run("export", "fraud@production", file.toString());
    CommandRun imported = other.run("push", file.toString(), "-o", "json");

    assertThat(exported.err()).isEmpty();
    assertThat(exported.out()).isEqualTo("fraud:1.4.2 (" + digest + ") is in " + file + "\n");
    assertThat(again.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(imported.err()).isEmpty();
    assertThat(json(imported).at("/name").asText()).isEqualTo("fraud");
    assertThat(json(imported).at("/version").asText()).isEqualTo("1.4.2");
    assertThat(json(imported).at("/digest").asText()).isEqualTo(digest);
    assertThat(json(imported).at("/labels/git").asText()).isEqualTo("abc");
    assertThat(other.run("verify", "fraud:1.4.2").exitCode()).isEqualTo(ExitCode.DONE);
  }

  @Test
  void signaturesAreGoodInTheStoreThatAnExportIsPushedInto() throws IOException {
    String pem = Keys.privatePem();
    Path secret = Files.writeString(directory.resolve("release.pem"), pem);
    Path open =
        Files.writeString(
            directory.resolve("release.pub"), SigningKey.of(pem).verificationKey().pem());
    Path other =
        Files.writeString(
            directory.resolve("other.pub"), Keys.generated("secp256r1").verificationKey().pem());
    model.push("fraud:1.4.2");
    model.run("sign", "fraud:1.4.2", "--key", secret.toString());
    Path file = directory.resolve("fraud-1.4.2.tar");
    ModelFixture elsewhere = new ModelFixture(directory.resolve("elsewhere"));

    model.run("export", "fraud:1.4.2", file.toString());
    CommandRun imported = elsewhere.run("push", file.toString());
    CommandRun renamed = elsewhere.run("push", file.toString(), "fraud:2.0.0");

    assertThat(imported.err()).isEmpty();
    assertThat(imported.out()).contains("signed by  1 keys, as it was\n");
    assertThat(elsewhere.run("verify", "fraud:1.4.2", "--key", open.toString()).exitCode())
        .isEqualTo(ExitCode.DONE);
    assertThat(elsewhere.run("verify", "fraud:1.4.2", "--key", other.toString()).exitCode())
        .isEqualTo(ExitCode.MODEL);
    assertThat(renamed.out()).doesNotContain("signed by");
    assertThat(elsewhere.run("verify", "fraud:2.0.0", "--key", open.toString()).exitCode())
        .isEqualTo(ExitCode.MODEL);
  }

  @Test
  void anExportThatIsPushedReplacesNoSignature() throws IOException {
    Path secret = Files.writeString(directory.resolve("release.pem"), Keys.privatePem());
    model.push("fraud:1.4.2");
    model.run("sign", "fraud:1.4.2", "--key", secret.toString());
    Path file = directory.resolve("fraud-1.4.2.tar");
    model.run("export", "fraud:1.4.2", file.toString());
    ModelStore store = ModelStore.open(model.store().toString());
    SemanticVersion version = SemanticVersion.parse("1.4.2");
    DetachedSignature exported = store.signatures("fraud", version).get(0);
    DetachedSignature there =
        new DetachedSignature(exported.fingerprint(), exported.bundle() + " ");
    store.addSignature("fraud", version, there);

    CommandRun pushed = model.run("push", file.toString());

    assertThat(pushed.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(store.signatures("fraud", version)).containsExactly(there);
  }

  @Test
  void refusesOperationsThatAreNotAllowed() throws IOException {
    addReadFile();

    CommandRun refused = pushSavedModel("fraud:1.4.2");
    CommandRun allowed = pushSavedModel("fraud:1.4.2", "--allow-operation", "ReadFile");

    assertThat(refused.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(refused.err())
        .contains("operations are refused: ReadFile (is not known to only compute)")
        .contains("-Dtidemill.allowed-operations=fraud/ReadFile");
    assertThat(allowed.exitCode()).isEqualTo(ExitCode.DONE);
  }

  @Test
  void inspectListsOperationsWhereTheyAreAskedFor() throws IOException {
    addReadFile();
    pushSavedModel("fraud:1.4.2", "--allow-operation", "ReadFile");

    assertThat(model.run("inspect", "fraud:1.4.2", "--operations").out())
        .containsPattern(
            "OPERATION +COUNT +REFUSED BECAUSE IT\nReadFile +1 +is not known to only compute\n");
    assertThat(
            json(model.run("inspect", "fraud:1.4.2", "--operations", "-o", "json"))
                .at("/operations/0/name")
                .asText())
        .isEqualTo("ReadFile");
    assertThat(model.run("inspect", "fraud:1.4.2", "-o", "json").out())
        .doesNotContain("operations");
  }
}
