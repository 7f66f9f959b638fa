package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class DemoCommandTest {
  @TempDir Path temporary;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void enterCheckout() {
    System.setProperty("tidemill.home", "../..");
  }

  @AfterEach
  void leaveCheckout() {
    System.clearProperty("tidemill.home");
  }

  @Test
  void helpNamesEveryOption() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString())
        .contains(
            "--records=N", "--work-dir=FOLDER", "--keep-running", "-o, --output", "text, json");
  }

  @Test
  void refusesLessThanOneRecord() {
    assertThat(run("--records", "0")).isEqualTo(2);
    assertThat(err.toString()).contains("--records: 0 (expected: 1 to 50000000)");
  }

  @Test
  void refusesFolderOfSomebodyElse() throws IOException {
    Files.writeString(temporary.resolve("letter.txt"), "dear");

    assertThat(run("--work-dir", temporary.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("this one holds other files");
  }

  @Test
  void saysWhereTheJobFileShouldBe() {
    System.setProperty("tidemill.home", temporary.toString());

    assertThat(run()).isEqualTo(2);
    assertThat(err.toString())
        .contains(temporary.resolve("job-configs/fraud-scoring.yaml") + " is not there");
  }

  private int run(String... arguments) {
    return new CommandLine(new DemoCommand(Map.of()))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .setParameterExceptionHandler(
            (refused, all) -> {
              refused.getCommandLine().getErr().println(refused.getMessage());
              return 2;
            })
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              if (failure instanceof CommandLine.ParameterException) {
                command.getErr().println(failure.getMessage());
                return 2;
              }
              throw failure;
            })
        .execute(arguments);
  }
}
