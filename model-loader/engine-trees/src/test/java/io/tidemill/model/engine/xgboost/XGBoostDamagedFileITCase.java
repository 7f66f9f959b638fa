package io.tidemill.model.engine.xgboost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.engine.SavedModel;
import io.tidemill.model.engine.xgboost.Boosters.Objective;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class XGBoostDamagedFileITCase {
  private static final long SEED = 20_261;

  private static final Map<String, Object> VECTORS =
      Map.of(
          "objective", "multi:softprob",
          "num_class", 3,
          "tree_method", "hist",
          "multi_strategy", "multi_output_tree");

  @TempDir Path directory;

  static List<Arguments> boosters() {
    Map<String, Object> classes = Map.of("objective", "multi:softprob", "num_class", 3);
    Map<String, Object> dart = Map.of("objective", "binary:logistic", "booster", "dart");
    return List.of(
        Arguments.of("model.ubj", classes),
        Arguments.of("model.json", classes),
        Arguments.of("model.ubj", dart),
        Arguments.of("model.ubj", VECTORS),
        Arguments.of("model.json", VECTORS));
  }

  @ParameterizedTest
  @MethodSource("boosters")
  void damageIsRefusedOrHarmless(String name, Map<String, Object> parameters) throws Exception {
    Boosters.train(directory, name, parameters).dispose();

    assertDamageIsRefusedOrHarmless(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.ubj", "model.json"})
  void damageToCategoriesIsRefusedOrHarmless(String name) throws Exception {
    Boosters.trainOnCategories(directory, name).dispose();

    assertDamageIsRefusedOrHarmless(name);
  }

  /** Which has no iterations: XGBoost counts them. */
  @Test
  void damageToAFileOfXGBoost16IsRefusedOrHarmless() throws Exception {
    SavedModel old = new SavedModel(Boosters.class, "1.6.2", "classes.ubj");
    Files.write(directory.resolve("model.ubj"), old.bytes());

    assertDamageIsRefusedOrHarmless("model.ubj");
  }

  private void assertDamageIsRefusedOrHarmless(String name) throws Exception {
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(command(directory.resolve(name)))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .directory(directory.toFile())
            .start();
    assertThat(process.waitFor(15, TimeUnit.MINUTES)).isTrue();

    assertThat(process.exitValue()).as("seed %d: %s", SEED, Files.readString(output)).isZero();
    assertThat(Files.readString(output)).containsPattern("[1-9][0-9]* of 150 refused");
  }

  private static List<String> command(Path file) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--add-opens=java.base/java.nio=ALL-UNNAMED");
    command.add("-XX:-CreateCoredumpOnCrash");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-XX:+UseSerialGC");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(DamagedBoosters.class.getName());
    command.add(file.toString());
    command.add(String.valueOf(SEED));
    return command;
  }

  @Test
  void takesTreesWithPrunedNodes() throws Exception {
    Map<String, Object> parameters =
        Map.of("objective", "binary:logistic", "tree_method", "exact", "gamma", 2);
    Boosters.train(directory, "model.json", parameters).dispose();
    assertThat(Files.readString(directory.resolve("model.json")))
        .containsPattern("\"num_deleted\":\"[1-9]");

    Boosters.load(directory, Boosters.SINGLE).close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.ubj", "model.json"})
  void takesTreesThatSplitByCategories(String name) throws Exception {
    Boosters.trainOnCategories(directory, name).dispose();
    assertThat(Files.readString(directory.resolve(name), StandardCharsets.ISO_8859_1))
        .contains("categories_nodes");

    Boosters.load(directory, Boosters.SINGLE).close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"num_feature\":\"8\"|\"num_feature\":\"2\"|splits by feature",
        "\"num_class\":\"0\"|\"num_class\":\"70000\"|70000 classes or targets",
        "\"base_score\":\"[|\"base_score\":\"[x|base_score '[x",
        "\"base_score\":\"[|\"base_score\":\"[1,|(expected: a number, or 1 in brackets)",
        "\"attributes\":{|\"attributes\":{\"best_iteration\":\"-1\"|best_iteration '-1'",
        "\"tree_info\":[0|\"tree_info\":[1|a tree of group 1",
        "\"iteration_indptr\":[0|\"iteration_indptr\":[1|does not rise from 0 to 10 trees",
        "\"id\":3|\"id\":4|id 4 (expected: each below 10 once)",
        "\"left_children\":[1|\"left_children\":[0|node 0 leads to 0",
        "\"left_children\":[1|\"left_children\":[1e0|trees[0].left_children[0]: no int",
        "\"num_nodes\":\"|\"num_nodes\":\"1|tree 0: left_children has",
        "\"size_leaf_vector\":\"1|\"size_leaf_vector\":\"7|with 7 values",
        "\"gbtree\"|\"gblinear\"|'gblinear' (expected: gbtree or dart)",
        "\"learner\"|\"teacher\"|model.learner: nothing",
      })
  void saysWhatIsWrong(String part, String damaged, String reason) throws Exception {
    Boosters.train(directory, "model.json", Objective.BINARY).dispose();
    replace(part, damaged);

    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: model.json cannot be scored: ")
        .hasMessageContaining(reason);
  }

  @Test
  void refusesABestIterationBehindTheLast() throws Exception {
    Boosters.train(directory, "model.json", Objective.BINARY).dispose();
    replace("\"attributes\":{", "\"attributes\":{\"best_iteration\":\"10\"");

    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("Out of range for tree layers");
  }

  /** Which has no iterations: 65536 of them have more trees than an int counts. */
  @Test
  void refusesMoreTreesInAnIterationThanThereAre() throws Exception {
    SavedModel old = new SavedModel(Boosters.class, "1.7.6", "binary.json");
    Files.write(directory.resolve("model.json"), old.bytes());
    replace("\"num_parallel_tree\":\"1\"", "\"num_parallel_tree\":\"65536\"");
    replace("\"num_class\":\"0\"", "\"num_class\":\"65536\"");
    replace("\"tree_info\":[0,0]", "\"tree_info\":[0,65535]");
    replace("\"attributes\":{", "\"attributes\":{\"best_iteration\":\"0\"");

    assertThatThrownBy(() -> new XGBoostEngine().labels(directory))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "4294967296 trees in each iteration (expected: at most 2, which are all)");
  }

  /** At which XGBoost 3.4 ends the process. */
  @ParameterizedTest
  @ValueSource(strings = {"leaf_weights", "loss_changes", "sum_hessian"})
  void refusesLeavesForAllClassesAsXGBoostSavedThemBefore32(String absent) throws Exception {
    Boosters.train(directory, "model.json", VECTORS).dispose();
    Boosters.load(directory, Boosters.TRIPLE).close();
    replace("\"%s\":[".formatted(absent), "\"absent\":[");

    assertThatThrownBy(() -> Boosters.load(directory, Boosters.TRIPLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("tree 0: ")
        .hasMessageContaining(absent.equals("leaf_weights") ? "XGBoost 3.2 or later" : absent);
  }

  /** XGBoost 3.4 measures trees by calling itself, until the thread's stack is full. */
  @Test
  void refusesTreeThatIsTooDeep() throws Exception {
    Files.writeString(directory.resolve("model.json"), Boosters.chain(4096));
    Boosters.load(directory, Boosters.SINGLE).close();
    Files.writeString(directory.resolve("model.json"), Boosters.chain(4097));

    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("tree 0: node 8192 is 4096 levels deep");
  }

  private void replace(String part, String damaged) throws IOException {
    Path file = directory.resolve("model.json");
    String whole = Files.readString(file);
    assertThat(whole).contains(part);
    Files.writeString(file, whole.replace(part, damaged));
  }
}
