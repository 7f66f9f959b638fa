package io.tidemill.model.engine.lightgbm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.engine.lightgbm.Boosters.Objective;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LightGbmDamagedFileITCase {
  private static final long SEED = 20_262;
  private static final String FILE = "model.txt";

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "BINARY, num_leaves=7",
    "CLASSES, num_leaves=5",
    "REGRESSION, num_leaves=5 linear_tree=true",
    "BINARY, categories",
  })
  void damageIsRefusedOrHarmless(Objective objective, String parameters) throws Exception {
    train(objective, parameters);

    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(command(directory.resolve(FILE)))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .directory(directory.toFile())
            .start();
    try {
      assertThat(process.waitFor(15, TimeUnit.MINUTES)).as("seed %d: ends", SEED).isTrue();
    } finally {
      process.destroyForcibly();
    }

    String said = Files.readString(output, StandardCharsets.ISO_8859_1);
    String end = said.substring(Math.max(0, said.length() - 2000));
    assertThat(process.exitValue()).as("seed %d: %s", SEED, end).isZero();
    assertThat(end).containsPattern("[1-9][0-9]* of 500 refused");
  }

  private void train(Objective objective, String parameters) throws Exception {
    if (parameters.equals("categories")) {
      Boosters.trainOnCategories(directory);
    } else {
      Boosters.train(directory, objective, 3, parameters).close();
    }
    String text = Files.readString(directory.resolve(FILE));
    assertThat(text.contains("is_linear=1")).isEqualTo(parameters.contains("linear"));
    assertThat(text.contains("cat_boundaries")).isEqualTo(parameters.equals("categories"));
    Boosters.load(directory, objective.signature()).close();
  }

  private static List<String> command(Path file) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "-XX:-CreateCoredumpOnCrash",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-cp",
        System.getProperty("java.class.path"),
        DamagedTexts.class.getName(),
        file.toString(),
        String.valueOf(SEED));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "max_feature_idx=7|max_feature_idx=1|splits by feature",
        "num_tree_per_iteration=1|num_tree_per_iteration=9|1 classes and 9 trees for one iteration",
        "objective=binary|objective=multiclass num_class:9|the objective 'multiclass num_class:9",
        "num_class=1|num_class==1|has the line 'num_class==1'",
        "num_class=1|num_class=1\\nnum_class=2|says 'num_class' twice",
        "\\nleft_child=3|\\nleft_child=0|tree 0 node 0 leads to 0 of",
        "\\nleft_child=3|\\nleft_child=9|tree 0 node 0 leads to 9 of",
        "\\nnum_leaves=7|\\nnum_leaves=8|has 7 values of leaf_value, not 8",
        "\\nnum_leaves=7|\\nnum_leaves=0|has 0 leaves",
        "\\ndecision_type=2|\\ndecision_type=3|in threshold",
        "\\nnum_cat=0|\\nnum_bat=0|has no line 'num_cat='",
        "\\nleaf_value=-|\\nleaf_value=x|in leaf_value",
        "\\nthreshold=-0|\\nthreshold=1e|in threshold",
        "Tree=0|Tree=00|bytes, not the ",
        "\\nTree=2|\\n\\nTree=2|tree 1 has",
      })
  void saysWhatIsWrong(String part, String damaged, String reason) throws Exception {
    Boosters.train(directory, Objective.BINARY, 3, "num_leaves=7").close();
    replace(part.replace("\\n", "\n"), damaged.replace("\\n", "\n"));

    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: model.txt ")
        .hasMessageContaining(reason);
  }

  /** At which LightGBM reads for ever. */
  @Test
  void refusesAZeroBehindTheTrees() throws Exception {
    Boosters.train(directory, Objective.BINARY, 3, "num_leaves=7").close();
    replace("end of parameters", "\0");

    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: model.txt has a byte 0 behind its trees");
  }

  @Test
  void refusesMoreTreesThanAreAnnounced() throws Exception {
    Boosters.train(directory, Objective.BINARY, 3, "num_leaves=7").close();
    replace("end of trees", "Tree=3\n");

    assertThatThrownBy(() -> Boosters.load(directory, Boosters.SINGLE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: model.txt has more trees but announces 3");
  }

  private void replace(String part, String damaged) throws IOException {
    Path file = directory.resolve(FILE);
    String whole = Files.readString(file);
    assertThat(whole).contains(part);
    Files.writeString(file, whole.replaceFirst(Pattern.quote(part), damaged));
  }
}
