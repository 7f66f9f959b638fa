package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.store.ModelStore;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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

  private final Map<String, String> environment;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "MODEL", description = "As in fraud:1.4.2.")
  private @Nullable ModelRef left;

  @Parameters(index = "1", paramLabel = "MODEL", description = "As in fraud@production.")
  private @Nullable ModelRef right;

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();

  ModelDiffCommand(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  @Override
  public Integer call() {
    ModelStore store = storeOption.open(environment);
    ModelDiff diff =
        ModelDiff.of(
            VersionArgument.manifest(spec, store, left),
            VersionArgument.manifest(spec, store, right));
    PrintWriter out = spec.commandLine().getOut();
    output.print(out, diff, () -> print(out, diff));
    return diff.same() ? ExitCode.DONE : ExitCode.FAILED;
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
