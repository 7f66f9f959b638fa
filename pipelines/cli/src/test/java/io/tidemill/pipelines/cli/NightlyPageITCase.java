package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs each line of shell in docs/nightly.md. */
class NightlyPageITCase {
  @TempDir private Path directory;

  @Test
  @Timeout(value = 900, unit = TimeUnit.SECONDS)
  void goesFromAFolderToPublishedDates() throws Exception {
    String page = Files.readString(Path.of("../../docs/nightly.md"));
    Shell shell = new Shell(directory, Map.of());

    String out = shell.run(directory, String.join("", Shell.blocks(page)));

    assertThat(out)
        .contains(
            "nightly.yaml: valid (nightly-fraud, batch, 1 step)",
            "errors       at most 20% of the records if they are 5 or more may become dead letters",
            "(run 1: nothing is published for the date)",
            "predictions  9",
            "2026-11-20   nothing to do: run 1 has published",
            "  columns    as in file:" + directory.resolve("nightly/parquet/dt=2026-11-20/part-"),
            "  column     merchant_risk DOUBLE",
            "(run 2: of the input files 0 are new, 1 have changed and 0 are gone)",
            "\"outcome\" : \"nothing to do\"",
            "gate shut    min-rows: 3 predictions (expected: gates.min-rows: 5)",
            "quantiles of 'fraud_score': ",
            "2026-11-21  2    held",
            "(run 3: publishes run 2, which was held)",
            "2026-11-21   run 4 is discarded",
            "2026-11-22   not there yet",
            "dead letters 2, corrupt-file 1, null-input 1",
            "state        published",
            "2026-11-20   nothing to do: run 1 has published "
                + directory.resolve("nightly/accounts"),
            "30 1 * * *  cd " + directory.resolve("nightly") + " && ");
    assertThat(directory.resolve("nightly/report.html"))
        .content()
        .contains("Predictions: fraud_score");
    assertThat(shell.errors())
        .contains(
            "transactions/dt=2026-11-22' is not there yet",
            "/transactions/dt=2026-11-19/cut.json.gz: cannot be read: EOFException");
    assertThat(directory.resolve("nightly/scores/dt=2026-11-21/_SUCCESS")).exists();
  }
}
