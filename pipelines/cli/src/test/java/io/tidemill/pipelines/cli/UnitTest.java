package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.OtherProcess;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.engine.onnx.OnnxModels;
import io.tidemill.model.importing.archive.ArchiveLimits;
import io.tidemill.model.importing.archive.Archives;
import io.tidemill.model.importing.archive.ModelArchive;
import io.tidemill.model.importing.archive.ModelExport;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.cache.LocalModelCache;
import io.tidemill.model.store.oci.DockerRegistry;
import io.tidemill.pipelines.unit.PackedUnit;
import io.tidemill.pipelines.unit.Units;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarFile;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitTest {
  private static final String JOB =
      """
      name: scoring
      mode: batch
      source: { connector: filesystem, path: in, format: json, schema: schemas/in.avsc }
      steps:
        - id: score
          model: mlp@production
          input: { features: [x, y] }
          output: { score: score }
          resources: { device: cpu }
      sink: { connector: filesystem, path: out, format: "${FORMAT:-json}" }
      """;

  @TempDir private Path directory;

  @BeforeEach
  void publishAModelAndWriteAJob() throws IOException {
    System.setProperty(LocalModelCache.PROPERTY, directory.resolve("cache").toString());
    publish("1.0.0");
    alias("1.0.0");
    writeJob(JOB);
  }

  @AfterEach
  void forgetCache() {
    System.clearProperty(LocalModelCache.PROPERTY);
  }

  private String store() {
    return directory.resolve("store").toString();
  }

  private void publish(String version) throws IOException {
    publish(store(), version);
  }

  private void publish(String store, String version) throws IOException {
    Path files = Files.createDirectories(directory.resolve("onnx"));
    ModelStore.open(store)
        .push(
            new ModelDraft(
                "mlp",
                SemanticVersion.parse(version),
                "onnx",
                OnnxModels.mlp(files, 2),
                Map.of("run", version)),
            files);
  }

  private void alias(String version) {
    ModelStore.open(store()).alias("mlp", "production", SemanticVersion.parse(version));
  }

  private Path writeJob(String text) throws IOException {
    Path folder = directory.resolve("job");
    Files.writeString(
        Files.createDirectories(folder.resolve("schemas")).resolve("in.avsc"),
        """
        {"type": "record", "name": "In", "fields": [
          {"name": "id", "type": "string"}, {"name": "x", "type": "float"}, {"name": "y", "type": "float"}]}
        """);
    return Files.writeString(folder.resolve("scoring.yaml"), text);
  }

  private CommandRun run(String... words) {
    return CommandRun.of(Map.of("TIDEMILL_STORE", store()), words);
  }

  private CommandRun done(String... words) {
    CommandRun run = run(words);
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    return run;
  }

  private Path packaged(String file, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "package",
                directory.resolve("job/scoring.yaml").toString(),
                "--to",
                directory.resolve(file).toString()));
    words.addAll(List.of(more));
    done(words.toArray(String[]::new));
    return directory.resolve(file);
  }

  private String key(String name) throws Exception {
    KeyPairGenerator keys = KeyPairGenerator.getInstance("EC");
    keys.initialize(256);
    KeyPair pair = keys.generateKeyPair();
    write(name + ".pem", "PRIVATE KEY", pair.getPrivate());
    write(name + ".pub.pem", "PUBLIC KEY", pair.getPublic());
    return directory.resolve(name + ".pem").toString();
  }

  private String publicKey(String name) {
    return directory.resolve(name + ".pub.pem").toString();
  }

  private void write(String file, String kind, Key key) throws IOException {
    Files.writeString(
        directory.resolve(file),
        "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
            .formatted(kind, Base64.getEncoder().encodeToString(key.getEncoded())));
  }

  @Test
  void isPlannedAnywhereAsItWasPackagedWithoutTheStore() throws IOException {
    JsonNode made =
        new ObjectMapper()
            .readTree(
                done(
                        "package",
                        directory.resolve("job/scoring.yaml").toString(),
                        "--to",
                        directory.resolve("a.tar").toString(),
                        "-o",
                        "json")
                    .out());
    publish("2.0.0");
    alias("2.0.0");
    FileUtils.deleteDirectory(directory.resolve("store").toFile());
    FileUtils.deleteDirectory(directory.resolve("job").toFile());
    Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
    Path unit = Files.move(directory.resolve("a.tar"), elsewhere.resolve("b.tar"));

    JsonNode plan =
        new ObjectMapper().readTree(done("plan", unit.toString(), "-o", "json").out()).get("plan");

    assertThat(made.get("unit").asText()).isEqualTo("scoring:1.0.0");
    assertThat(made.at("/models/0").asText()).isEqualTo("mlp:1.0.0");
    assertThat(plan.at("/steps/0/model").asText()).isEqualTo("mlp:1.0.0");
    assertThat(plan.at("/source/options/path").asText())
        .isEqualTo(elsewhere.resolve("in").toString());
    assertThat(done("validate", unit.toString()).out())
        .startsWith(unit + ": valid (scoring, batch, 1 step)");
  }

  @Test
  void theSameJobIsTheSameBytes() throws IOException {
    Path first = packaged("first.tar");
    FileUtils.deleteDirectory(directory.resolve("cache").toFile());
    FileUtils.copyDirectory(
        directory.resolve("job").toFile(), directory.resolve("copy").toFile(), false);
    Path second = directory.resolve("second.tar");

    done("package", directory.resolve("copy/scoring.yaml").toString(), "--to", second.toString());

    assertThat(second).hasSameBinaryContentAs(first);
    writeJob(JOB + "# other\n");
    assertThat(Files.mismatch(first, packaged("third.tar"))).isNotNegative();
  }

  /** One byte in each entry's content; the others are those of a seal's test. */
  @Test
  void refusesAByteThatDiffersAndNamesTheEntry() throws Exception {
    Path unit = packaged("unit.tar", "--key", key("release"));
    byte[] bytes = Files.readAllBytes(unit);
    List<String> entries = new ArrayList<>();

    try (TarFile tar = new TarFile(unit.toFile())) {
      for (TarArchiveEntry entry : tar.getEntries()) {
        entries.add(entry.getName());
        int at = Math.toIntExact(entry.getDataOffset() + entry.getSize() / 2);
        bytes[at] ^= 1;
        Path other = Files.write(directory.resolve("other.tar"), bytes);
        bytes[at] ^= 1;

        CommandRun run = run("validate", other.toString());

        assertThat(run.exitCode()).as(entry.getName()).isEqualTo(ExitCode.MODEL);
        boolean locked = entry.getName().startsWith("files/");
        assertThat(run.err())
            .as(entry.getName())
            .contains(
                locked
                    ? entry.getName().substring("files/".length())
                    : entry.getName().equals("model.yaml")
                        ? "other.tar!/model.yaml"
                        : "not sealed");
      }
    }
    assertThat(entries)
        .contains(
            "model.yaml",
            "files/job/job.yaml",
            "files/job/schemas/in.avsc",
            "files/models/mlp/1.0.0/model.yaml",
            "files/models/mlp/1.0.0/files/" + OnnxModels.FILE,
            "checksum")
        .anyMatch(name -> name.startsWith("signatures/"));
  }

  @Test
  void aPolicyTakesWhatOneOfItsKeysSignedAndNothingElse() throws Exception {
    String release = key("release");
    key("other");
    String signed = packaged("signed.tar", "--key", release).toString();
    String unsigned = packaged("unsigned.tar").toString();

    for (String command : List.of("validate", "plan")) {
      done(command, signed, "--signed-by", publicKey("release"));
      done(command, signed, "--signed-by", publicKey("other"), "--signed-by", publicKey("release"));
      assertThat(run(command, signed, "--signed-by", publicKey("other")).err())
          .contains("scoring:1.0.0: signature of key ", "made by no key that is trusted");
      CommandRun refused = run(command, unsigned, "--signed-by", publicKey("release"));
      assertThat(refused.err()).contains("scoring:1.0.0: not signed (expected: a good signature");
      assertThat(refused.exitCode()).isEqualTo(ExitCode.MODEL);
    }
    assertThat(
            run(
                    "plan",
                    directory.resolve("job/scoring.yaml").toString(),
                    "--signed-by",
                    publicKey("release"))
                .err())
        .contains("scoring.yaml: no unit (expected: one that is signed, as --signed-by says");
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "submit", "stop", "render cron"})
  void theMachinesPolicyIsOfAllCommands(String command) throws Exception {
    String signed = packaged("signed.tar", "--key", key("release")).toString();
    key("other");
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    words.add(signed);

    CommandRun run =
        CommandRun.of(Map.of(Units.VARIABLE, publicKey("other")), words.toArray(String[]::new));

    assertThat(run.err()).contains("made by no key that is trusted");
    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
  }

  /** As whoever may write files, and has no key. */
  @Test
  void aSignatureIsNotOfAnotherUnit() throws Exception {
    Path signed = packaged("signed.tar", "--key", key("release"));
    writeJob(JOB.replace("path: out", "path: elsewhere"));
    Path other = unpacked(packaged("other.tar"));
    List<DetachedSignature> theirs = signaturesIn(unpacked(signed));
    Path forged = directory.resolve("forged.tar");
    new ModelExport(
            ModelManifest.parse("lock", Files.readString(other.resolve("model.yaml"))),
            other.resolve("files"),
            theirs)
        .writeSealed(forged);

    done("validate", forged.toString());
    assertThat(run("validate", forged.toString(), "--signed-by", publicKey("release")).err())
        .contains("file 'job/job.yaml': sha256");
  }

  private Path unpacked(Path unit) throws IOException {
    Path target = directory.resolve(unit.getFileName() + "-content");
    ModelArchive.of(unit).orElseThrow().unpack(target, ArchiveLimits.DEFAULT);
    return target;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ../job.yaml          | '..' among the names of the path
          /job.yaml            | an absolute path
          files/../../job.yaml | '..' among the names of the path
          model.yaml           | twice in the archive
          """)
  void refusesAPathThatLeavesTheFolderOrIsThereTwice(String name, String why) throws IOException {
    Path hostile =
        Archives.tar(
            directory.resolve("hostile.tar"),
            tar -> {
              Archives.put(tar, "model.yaml", new byte[] {1});
              TarArchiveEntry entry = new TarArchiveEntry(name, true);
              entry.setSize(1);
              tar.putArchiveEntry(entry);
              tar.write(1);
              tar.closeArchiveEntry();
            });

    CommandRun run = run("run", hostile.toString());

    assertThat(run.err()).contains("refused at entry '" + name + "': " + why);
    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
  }

  @Test
  void refusesALink() throws IOException {
    Path hostile =
        Archives.tar(
            directory.resolve("hostile.tar"),
            tar -> {
              TarArchiveEntry link = new TarArchiveEntry("files", TarConstants.LF_SYMLINK);
              link.setLinkName("/");
              tar.putArchiveEntry(link);
              tar.closeArchiveEntry();
            });

    assertThat(run("run", hostile.toString()).err()).contains("entry 'files': a symbolic link");
  }

  @Test
  void otherCommandsTakeAUnitAsTheyTakeItsJob() throws IOException {
    String unit = packaged("unit.tar").toString();

    assertThat(run("doctor", unit).out()).contains("mlp:1.0.0 with onnx on cpu loads");
    assertThat(run("stop", unit).err()).contains("job 'scoring' does not run here");
    assertThat(run("dead-letters", "stats", unit).err())
        .contains("unit.tar", "dead-letter: missing");
  }

  @Test
  void refusesWhatIsNoUnit() throws IOException {
    Path model = directory.resolve("mlp.tar");
    done("model", "export", "mlp:1.0.0", model.toString());

    assertThat(run("plan", model.toString()).err())
        .contains("'%s': export of Tidemill (expected: a unit".formatted(model));
    assertThat(run("package", packaged("unit.tar").toString()).err())
        .contains("unit.tar: a unit already (expected: a job's YAML)");
  }

  @Test
  void variablesStayReferencesAndSecretsAreRefused() throws IOException {
    Path unit = packaged("unit.tar");

    assertThat(unpacked(unit).resolve("files/job/job.yaml")).hasContent(JOB);
    assertThat(CommandRun.of(Map.of("FORMAT", "csv"), "plan", unit.toString(), "-o", "json").out())
        .contains("\"format\" : \"csv\"");
    writeJob(JOB + "flink: { security.ssl.rest.key-password: hush }\n");
    CommandRun run = run("package", directory.resolve("job/scoring.yaml").toString());
    assertThat(run.err())
        .contains("flink.security.ssl.rest.key-password: a secret that is written out")
        .doesNotContain("hush");
    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void refusesFilesFromElsewhereWhatWouldBeLostAndWhatIsThere() throws IOException {
    String job = writeJob(JOB).toString();

    assertThat(run("package", job, "--set", "parallelism.default=2").err())
        .contains("--set: parallelism.default (expected: none");
    assertThat(run("package", job, "--to", job).err()).contains("exists (expected: a new file)");
    Files.copy(directory.resolve("job/schemas/in.avsc"), directory.resolve("in.avsc"));
    writeJob(JOB.replace("schemas/in.avsc", "../in.avsc"));
    assertThat(run("package", job).err()).contains("source.schema").contains("relative to it");
    writeJob(JOB.replace("name: scoring", "name: Scoring"));
    assertThat(run("package", job).err()).contains("(expected: --as NAME:VERSION)");
  }

  @Test
  void aStoreKeepsUnitsBesideModelsOfTheSameNameAndGivesBackTheSameBytes() throws Exception {
    assertKeepsUnits(store());
  }

  @Test
  void aRegistryDoesSoToo() throws Exception {
    Optional<Path> program = DockerRegistry.program();
    assumeTrue(program.isPresent(), "no 'docker-registry' on the PATH");
    Path folder = Files.createDirectory(directory.resolve("registry"));
    try (DockerRegistry registry = DockerRegistry.start(program.get(), folder, true)) {
      String models = "oci://" + registry.host() + "/team/models";
      publish(models, "1.0.0");

      assertKeepsUnits(models);
    }
  }

  private void assertKeepsUnits(String models) throws Exception {
    Path unit = packaged("unit.tar", "--as", "mlp:1.0.0", "--key", key("release"));
    Path back = directory.resolve("back.tar");
    String[] place = {"--store", models};

    assertThat(done(place, "units", "import", unit.toString()).out())
        .startsWith("mlp:1.0.0 (sha256:");
    String[] units = {"--store", models + "/units"};
    done(units, "model", "alias", "mlp:1.0.0", "production");
    done(units, "model", "verify", "mlp@production", "--key", publicKey("release"));
    done(place, "units", "export", "mlp@production", back.toString());

    assertThat(back).hasSameBinaryContentAs(unit);
    assertThat(done(place, "units", "list").out())
        .containsPattern("mlp:1\\.0\\.0 +production +mlp:1\\.0\\.0 +[\\d,]+ +sha256:");
    assertThat(done(place, "model", "list").out().lines().filter(line -> line.startsWith("mlp:")))
        .hasSize(1);
    writeJob(JOB + "# other\n");
    String other = packaged("other.tar", "--as", "mlp:1.0.0").toString();
    assertThat(run("units", "import", other, "--store", models).err())
        .contains("mlp:1.0.0: in store", "already");
    assertThat(run("units", "export", "mlp:2.0.0", "none.tar", "--store", models).err())
        .contains("version 2.0.0 of model 'mlp': not in store " + uri(models) + "/units");
  }

  @Test
  void aStoreOfModelsNeedHaveNoUnits() {
    assertThat(done("units", "list").out())
        .contains("No units in " + uri(store()) + "/units", "tidemill units import");
    assertThat(run("units", "list", "--store", directory.resolve("none").toString()).err())
        .contains("/none': no such folder");
  }

  /** As a store calls itself. */
  private static String uri(String store) {
    return store.startsWith("/") ? "file:" + store : store;
  }

  private CommandRun done(String[] last, String... words) {
    return done(Stream.of(words, last).flatMap(Stream::of).toArray(String[]::new));
  }

  @Test
  void versionsOfAnotherStoreMustBeTheVeryOnesOfTheUnit() throws IOException {
    String unit = packaged("unit.tar").toString();
    FileUtils.deleteDirectory(directory.resolve("store").toFile());
    Path files = Files.createDirectories(directory.resolve("onnx"));
    ModelStore.open(store())
        .push(
            new ModelDraft(
                "mlp",
                SemanticVersion.parse("1.0.0"),
                "onnx",
                OnnxModels.mlp(files, 2),
                Map.of("run", "other")),
            files);

    assertThat(run("plan", unit, "--store", store()).err())
        .contains(
            "steps.score.model: mlp:1.0.0 with digest sha256:", "which the job was packaged with");
  }

  /** As whoever may write files, and has no key. */
  private Path forged(Path unit) throws IOException {
    Path content = unpacked(unit);
    List<DetachedSignature> broken =
        signaturesIn(content).stream()
            .map(one -> new DetachedSignature(one.fingerprint(), one.bundle() + " "))
            .toList();
    Path forged = directory.resolve("forged.tar");
    new ModelExport(
            ModelManifest.parse("lock", Files.readString(content.resolve("model.yaml"))),
            content.resolve("files"),
            broken)
        .writeSealed(forged);
    return forged;
  }

  private static List<DetachedSignature> signaturesIn(Path content) throws IOException {
    List<DetachedSignature> signatures = new ArrayList<>();
    try (var files = Files.list(content.resolve("signatures"))) {
      for (Path file : files.toList()) {
        signatures.add(
            new DetachedSignature(
                file.getFileName().toString().substring(0, 64), Files.readString(file)));
      }
    }
    return signatures;
  }

  @Test
  void aStoreKeepsTheSignatureThatItHas() throws Exception {
    Path unit = packaged("unit.tar", "--key", key("release"));
    Path forged = forged(unit);
    ModelStore units = PackedUnit.storeIn(store());
    done("units", "import", unit.toString());
    List<DetachedSignature> good = units.signatures("scoring", SemanticVersion.parse("1.0.0"));

    done("units", "import", forged.toString());

    assertThat(good).hasSize(1);
    assertThat(units.signatures("scoring", SemanticVersion.parse("1.0.0"))).isEqualTo(good);
  }

  @Test
  void aStoreKeepsTheSignatureOfAModelThatItHas() throws Exception {
    done("model", "sign", "mlp:1.0.0", "--key", key("release"), "--store", store());
    Path unit = packaged("unit.tar");
    SemanticVersion version = SemanticVersion.parse("1.0.0");
    ModelStore models = ModelStore.open(store());
    DetachedSignature signed = models.signatures("mlp", version).get(0);
    DetachedSignature there = new DetachedSignature(signed.fingerprint(), signed.bundle() + " ");
    models.addSignature("mlp", version, there);

    try (PackedUnit packed = PackedUnit.open(unit)) {
      packed.job().publishModels(models);
    }

    assertThat(models.signatures("mlp", version)).containsExactly(there);
  }

  @Test
  void aStoreRefusesTheSameFilesPinnedToOtherVersions() throws IOException {
    publish("2.0.0");
    writeJob(
        JOB.replace("mlp@production", "mlp@blue")
            .replace(
                "sink:",
                """
                  - id: again
                    model: mlp@green
                    input: { features: [x, y] }
                    output: { score: second }
                    resources: { device: cpu }
                sink:"""));
    ModelStore models = ModelStore.open(store());
    models.alias("mlp", "blue", SemanticVersion.parse("1.0.0"));
    models.alias("mlp", "green", SemanticVersion.parse("2.0.0"));
    Path unit = packaged("unit.tar");
    models.alias("mlp", "blue", SemanticVersion.parse("2.0.0"));
    models.alias("mlp", "green", SemanticVersion.parse("1.0.0"));
    Path other = packaged("other.tar");
    done("units", "import", unit.toString());

    CommandRun run = run("units", "import", other.toString());

    String there;
    String pushed;
    try (PackedUnit one = PackedUnit.open(unit);
        PackedUnit two = PackedUnit.open(other)) {
      there = one.lock().digest();
      pushed = two.lock().digest();
    }
    assertThat(run.err()).contains(there, pushed, "--as");
    assertThat(run.exitCode()).isEqualTo(run("units", "import", changed()).exitCode());
  }

  /** A unit of the same name and number with other files. */
  private String changed() throws IOException {
    writeJob(JOB + "# other\n");
    return packaged("changed.tar").toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3://user:hunter2secret@models/x", "https://h/x?password=hunter2secret"})
  void aSecretInTheStoreIsRefused(String uri) throws IOException {
    String job = writeJob(JOB + "store: '" + uri + "'\n").toString();

    CommandRun run =
        run("package", job, "--store", store(), "--to", directory.resolve("a.tar").toString());

    assertThat(run.err())
        .contains("store: a secret that is written out")
        .doesNotContain("hunter2secret");
    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aUnitThatIsNotThereIsNamed() {
    CommandRun run = run("units", "import", directory.resolve("none.tar").toString());

    assertThat(run.err()).contains("/none.tar': no such file (expected: a unit, ");
    assertThat(run.exitCode()).isEqualTo(ExitCode.MODEL);
  }

  @Test
  void aUnitThatWasRefusedIsRefusedAgain() throws Exception {
    Path unit = packaged("unit.tar");
    key("release");
    try (Units units = new Units(Map.of(Units.VARIABLE, publicKey("release")))) {
      for (int i = 0; i < 2; i++) {
        assertThatExceptionOfType(InvalidModelException.class)
            .isThrownBy(() -> units.unit(unit))
            .withMessageContaining("not signed");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", ":"})
  void aPolicyOfNoKeysIsRefused(String keys) throws IOException {
    CommandRun run =
        CommandRun.of(Map.of(Units.VARIABLE, keys), "validate", packaged("unit.tar").toString());

    assertThat(run.err()).contains(Units.VARIABLE + ": '" + keys + "'");
    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aLinkToAUnitIsAUnitInTheFolderOfTheLink() throws IOException {
    Path unit = packaged("unit.tar");
    Path folder = Files.createDirectories(directory.resolve("linked"));
    Path link = Files.createSymbolicLink(folder.resolve("current.tar"), unit);

    assertThat(done("plan", link.toString(), "-o", "json").out())
        .contains("\"path\" : \"" + folder.resolve("in") + "\"");
  }

  @Test
  void thePlansAdviceChecksTheSignatureToo() throws Exception {
    String unit = packaged("unit.tar", "--key", key("release")).toString();

    assertThat(done("plan", unit, "--signed-by", publicKey("release")).out())
        .contains("tidemill run " + unit + " --signed-by " + publicKey("release"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cron", "systemd", "airflow"})
  void aScheduleChecksTheSignatureToo(String scheduler) throws Exception {
    key("other");
    writeJob(
        JOB.replace("path: in", "path: 'in/{{ ds }}'")
            .replace("path: out", "path: 'out/{{ ds }}'"));
    String unit = packaged("unit.tar", "--key", key("release")).toString();
    String[] words = {"render", scheduler, unit, "--command", "/opt/tidemill", "--signed-by", ""};

    words[6] = publicKey("release");
    assertThat(done(words).out()).contains(" --signed-by " + publicKey("release"));
    words[6] = publicKey("other");
    assertThat(run(words).exitCode()).isEqualTo(ExitCode.MODEL);
  }

  @Test
  void aUnitThatDoesNotPlanHerePublishesNothing() throws IOException {
    String unit = packaged("unit.tar").toString();
    Path other = directory.resolve("cluster");

    CommandRun run =
        CommandRun.of(Map.of("FORMAT", "nonsense"), "submit", unit, "--store", other.toString());

    assertThat(run.err()).contains("nonsense");
    assertThat(other).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"submit", "jobs upgrade"})
  void aUnitThatAClusterDoesNotTakePublishesNothing(String command) throws IOException {
    Path other = directory.resolve("cluster");

    CommandRun run =
        run(
            Stream.concat(
                    Stream.of(command.split(" ", -1)),
                    Stream.of(
                        packaged("unit.tar").toString(),
                        "--store",
                        other.toString(),
                        "--rest",
                        "http://127.0.0.1:1"))
                .toArray(String[]::new));

    assertThat(run.err()).contains("http://127.0.0.1:1: ", "nothing answers");
    assertThat(other).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"free", EndedUnitMain.HELD})
  void whatWasUnpackedIsDeletedWhenTheProcessIsToldToEnd(String kind) throws Exception {
    Path temporary = Files.createDirectories(directory.resolve("temporary"));

    assertThat(endOf(packaged("unit.tar"), kind, temporary)).isZero();

    assertThat(temporary).isDirectoryNotContaining("glob:**/tidemill-import-*");
  }

  /** The exit code of a process that has a unit in a temporary folder. */
  private int endOf(Path unit, String kind, Path temporary) throws Exception {
    ProcessBuilder process = OtherProcess.of(EndedUnitMain.class, unit, kind).builder();
    process.environment().put("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary);
    Path log = directory.resolve("ended.log");
    int code = process.redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
    if (code == 1) {
      throw new AssertionError(Files.readString(log));
    }
    return code;
  }

  @Test
  void whatAKilledProcessUnpackedIsDeletedByTheNext() throws Exception {
    Path unit = packaged("unit.tar");
    Path temporary = Files.createDirectories(directory.resolve("temporary"));

    assertThat(endOf(unit, EndedUnitMain.KILLED, temporary)).isEqualTo(EndedUnitMain.KILLED_CODE);
    assertThat(temporary).isDirectoryContaining("glob:**/tidemill-import-*");
    assertThat(endOf(unit, "free", temporary)).isZero();

    assertThat(temporary).isDirectoryNotContaining("glob:**/tidemill-import-*");
  }

  @ParameterizedTest
  @ValueSource(strings = {"plan", "validate", "doctor"})
  void aUnitThatIsNotAsItWasPackedIsAProblemInJsonToo(String command) throws IOException {
    Path unit = packaged("unit.tar");
    byte[] bytes = Files.readAllBytes(unit);
    bytes[bytes.length - 1] ^= 1;
    Files.write(unit, bytes);

    CommandRun run = run(command, unit.toString(), "-o", "json");

    assertThat(new ObjectMapper().readTree(run.out()).toString()).contains("at entry 'checksum'");
    assertThat(run.exitCode())
        .isEqualTo(command.equals("doctor") ? ExitCode.FAILED : ExitCode.MODEL);
  }

  @Test
  void aPlanSaysThatTheModelsAreInTheUnit() throws IOException {
    String unit = packaged("unit.tar").toString();

    assertThat(done("plan", unit).out())
        .contains("store        " + unit + "!models")
        .doesNotContain("tidemill-import");
    assertThat(done("plan", unit, "-o", "json").out()).doesNotContain("tidemill-import");
    assertThat(done("plan", unit, "--store", store()).out()).contains("store        " + store());
  }
}
