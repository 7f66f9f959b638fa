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
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs each line of the command in docs/models.md, over files of the names that it gives. Object
 * stores and registries are folders here; others prove those.
 */
class ModelsPageITCase {
  private static final String COMMAND = "./tidemill ";
  private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

  @TempDir private static Path directory;

  private static Stream<String> lines() throws IOException {
    return Files.readAllLines(Path.of("../../docs/models.md")).stream()
        .filter(line -> line.startsWith(COMMAND))
        .map(line -> line.substring(COMMAND.length()).replaceAll("\\s#.*", "").strip());
  }

  @BeforeAll
  static void makeWhatThePageNames() throws Exception {
    System.setProperty(LocalModelCache.PROPERTY, directory.resolve("cache").toString());
    SavedModels.named(folder("path/to/saved_model"), "score");
    SavedModels.mlp(folder("export/fraud"), 4);
    SavedModels.mlp(folder("serving/fraud/1"), 4);
    OnnxModels.mlp(folder("triton/fraud/1"), 4);
    Files.writeString(
        directory.resolve("triton/fraud/config.pbtxt"),
        """
        platform: "onnxruntime_onnx"
        max_batch_size: 64
        input [ { name: "features" data_type: TYPE_FP32 dims: [ 4 ] } ]
        output [ { name: "score" data_type: TYPE_FP32 dims: [ 1 ] } ]
        """);
    OnnxModels.mlp(folder("mlruns/7/artifacts/model"), 4);
    Files.writeString(
        directory.resolve("mlruns/7/artifacts/model/MLmodel"),
        "flavors:\n  onnx: {code: null, data: model.onnx, onnx_version: 1.16.0}\n");
    OnnxModels.mlp(folder("."), 4);
    byte[] onnx = Files.readAllBytes(directory.resolve(OnnxModels.FILE));
    Files.write(directory.resolve("fraud.onnx"), onnx);
    Archives.tarGz(directory.resolve("fraud.tar.gz"), tar -> Archives.put(tar, "model.onnx", onnx));
    torchScript("fraud.pt", 32);
    torchScript("net.pt", 4);
    io.tidemill.model.engine.xgboost.Boosters.train(
            directory, "fraud.ubj", io.tidemill.model.engine.xgboost.Boosters.Objective.BINARY)
        .dispose();
    io.tidemill.model.engine.lightgbm.Boosters.train(
            directory, io.tidemill.model.engine.lightgbm.Boosters.Objective.CLASSES)
        .close();
    Files.move(directory.resolve("model.txt"), directory.resolve("fraud.txt"));
    KeyPairGenerator keys = KeyPairGenerator.getInstance("EC");
    keys.initialize(256);
    KeyPair pair = keys.generateKeyPair();
    write("private.pem", "PRIVATE KEY", pair.getPrivate());
    write("release.pem", "PUBLIC KEY", pair.getPublic());
    store();
  }

  @AfterAll
  static void forgetCache() {
    System.clearProperty(LocalModelCache.PROPERTY);
  }

  /** What has been published before most of the lines. */
  private static void store() {
    String store = directory.resolve("published").toString();
    for (String line :
        List.of(
            "model push fraud.onnx fraud:1.4.2",
            "model push fraud.ubj fraud:1.5.0",
            "model sign fraud:1.4.2 --key private.pem",
            "model alias fraud:1.5.0 production",
            "model export fraud:1.4.2 fraud.tar")) {
      assertThat(run(words(line, directory), store).exitCode()).as(line).isEqualTo(ExitCode.DONE);
    }
  }

  private static Path folder(String path) throws IOException {
    return Files.createDirectories(directory.resolve(path));
  }

  private static void torchScript(String name, int features) throws IOException {
    TorchScripts.mlp(folder("torch"), features);
    Files.move(directory.resolve("torch").resolve(TorchScripts.FILE), directory.resolve(name));
  }

  private static void write(String file, String kind, Key key) throws IOException {
    Files.writeString(
        directory.resolve(file),
        "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
            .formatted(kind, Base64.getEncoder().encodeToString(key.getEncoded())));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void doesWhatItSays(String line, @TempDir Path own) throws IOException {
    List<String> words = words(line, own);
    Path store = own.resolve("store");
    boolean push = words.get(1).equals("push");
    if (!push) {
      FileUtils.copyDirectory(directory.resolve("published").toFile(), store.toFile());
    }

    CommandRun run = run(words, store.toString());

    assertThat(run.exitCode())
        .as("%s%n%s%s", line, run.out(), run.err())
        .isEqualTo(words.get(1).equals("diff") ? ExitCode.FAILED : ExitCode.DONE);
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).isNotBlank();
  }

  private static CommandRun run(List<String> words, String store) {
    return CommandRun.of(
        Map.of("TIDEMILL_STORE", store),
        new FakeTerminal(true, "y\n"),
        words.toArray(String[]::new));
  }

  /** With the files of the page where they are, and what is written in a folder of its own. */
  private static List<String> words(String line, Path own) {
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(line);
    while (word.find()) {
      words.add(word.group(1) != null ? word.group(1) : word.group(2));
    }
    for (int i = 2; i < words.size(); i++) {
      String given = words.get(i);
      if (words.get(1).equals("export") && i == 3) {
        words.set(i, own.resolve(given).toString());
      } else if (given.contains("://")) {
        words.set(i, own.resolve("store").toString());
      } else if (Files.exists(directory.resolve(given))) {
        words.set(i, directory.resolve(given).toString());
      }
    }
    return words;
  }
}
