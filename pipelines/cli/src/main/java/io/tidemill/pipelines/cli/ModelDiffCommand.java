package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.store.ModelStore;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemill model diff}. */
@Command(
    name = "diff",
    description = {
      "Show what differs between two versions.",
      "It compares engine, signature, labels, and files by size and digest; names,",
      "versions and times of publishing are left out."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing differs",
      "1:something differs",
      "2:wrong usage",
      "3:a version is not there, or the store is away"
    })
final class ModelDiffCommand implements Callable<Integer> {
  private static final Pattern LONG_DIGEST = Pattern.compile("([0-9a-f]{12})[0-9a-f]{52}");

  @Mixin private ModelArgument left;

  @Parameters(index = "1", paramLabel = "MODEL", description = "The same of another version.")
  private ModelRef right;

  @Mixin private Output output;

  @Override
  public Integer call() {
    ModelStore store = left.store().open();
    ModelDiff diff =
        ModelDiff.of(
            FoundModel.of(store, left.ref()).manifest(), FoundModel.of(store, right).manifest());
    output.print(diff, out -> print(out, diff));
    return (diff.same() ? ExitCode.DONE : ExitCode.FAILED).number();
  }

  private static void print(PrintWriter out, ModelDiff diff) {
    if (diff.same()) {
      out.printf("%s and %s are the same (%s)%n", diff.left(), diff.right(), diff.leftDigest());
      return;
    }
    TextTable table = new TextTable("WHAT", diff.left(), diff.right());
    for (ModelDiff.Difference difference : diff.differences()) {
      table.add(
          (difference.kind() + " " + difference.name()).strip(),
          cell(difference.left()),
          cell(difference.right()));
    }
    table.print(out);
  }

  private static String cell(@Nullable String value) {
    return value == null ? "-" : LONG_DIGEST.matcher(value).replaceAll("$1…");
  }
}
