package io.tidemill.pipelines.cli;

import io.tidemill.model.Device;
import io.tidemill.model.ModelRef;
import io.tidemill.model.golden.Golden;
import io.tidemill.model.golden.GoldenRecorder;
import io.tidemill.model.golden.GoldenReport;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.model.loader.TrialModel;
import io.tidemill.model.loader.WarmUp;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemill model test}. */
@Command(
    name = "test",
    description = {
      "Load a version on this machine and check its answers.",
      "They are compared with those in its golden.arrow; with --write, what it answers",
      "now is recorded as such a file."
    },
    mixinStandardHelpOptions = true)
final class ModelTestCommand implements Callable<Integer> {
  private static final int MAX_ROWS = 1 << 20;

  private final Map<String, String> environment;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "As in fraud:1.4.2 or fraud@production.")
  private @Nullable ModelRef ref;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "Where it runs: cpu, gpu or gpu:N (default: ${DEFAULT-VALUE}).")
  private String device = "";

  @Option(
      names = "--write",
      paramLabel = "FILE",
      description = {
        "Record answers to random inputs in a new file.",
        "Put it beside the model's files as golden.arrow before a push."
      })
  private @Nullable Path target;

  @Option(
      names = "--rows",
      paramLabel = "ROWS",
      defaultValue = "16",
      description = "How many rows --write records (default: ${DEFAULT-VALUE}).")
  private int rows;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "1",
      description = "What --write makes its inputs of (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();

  ModelTestCommand(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  @Override
  public Integer call() {
    ModelRef model = ref;
    if (model == null) {
      throw refused("model: none (expected: one)");
    }
    if (rows < 1 || rows > MAX_ROWS) {
      throw refused("rows: " + rows + " (expected: 1 to " + MAX_ROWS + ")");
    }
    Path file = target;
    if (file != null && Files.exists(file)) {
      throw refused(file + ": exists (expected: a new file)");
    }
    StoredModel stored =
        StoredModel.resolve(storeOption.open(environment).uri(), model, chosenDevice());
    try (TrialModel trial = stored.openForTrial()) {
      if (file == null) {
        check(stored, trial);
      } else {
        record(stored, trial, file);
      }
    }
    return ExitCode.DONE;
  }

  private Device chosenDevice() {
    try {
      Device chosen = Device.parse(device);
      if (!chosen.isChosenByTask()) {
        return chosen;
      }
    } catch (IllegalArgumentException refused) {
      throw refused(String.valueOf(refused.getMessage()));
    }
    throw refused("device: '" + device + "' (expected: cpu, gpu or gpu:N; only a task has others)");
  }

  private ParameterException refused(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void check(StoredModel stored, TrialModel trial) {
    Optional<GoldenReport> checked = trial.golden().map(golden -> golden.check(trial.model()));
    if (checked.isEmpty()) {
      WarmUp.run(trial.model());
      print(
          answer(stored),
          "%s on %s: loads and scores a sample; it carries no %s, so its answers are not checked"
              .formatted(stored.version(), stored.placement().device(), Golden.FILE_NAME));
      return;
    }
    GoldenReport report = checked.get();
    Map<String, Object> answer = answer(stored);
    answer.put("golden", true);
    answer.put("rows", report.rows());
    answer.put("wrongRows", report.wrongRows());
    answer.put("largestDifference", report.largestDifference());
    answer.put("worst", report.worst());
    String line =
        "%s on %s: %s: %s"
            .formatted(stored.version(), stored.placement().device(), Golden.FILE_NAME, report);
    if (report.matches()) {
      print(answer, line);
      return;
    }
    output.print(spec.commandLine().getOut(), answer, () -> {});
    throw new CommandFailedException(ExitCode.MODEL, line, null);
  }

  private void record(StoredModel stored, TrialModel trial, Path file) {
    try {
      GoldenRecorder.record(
          trial.model(), file, rows, RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
    } catch (IOException unwritable) {
      throw new CommandFailedException(
          ExitCode.FAILED,
          "%s: cannot be written: %s (expected: a new file in a folder that is there)"
              .formatted(file, unwritable),
          unwritable);
    }
    Map<String, Object> answer = answer(stored);
    answer.put("rows", rows);
    answer.put("seed", seed);
    answer.put("path", file.toString());
    print(
        answer,
        "%s on %s: %d rows of seed %d are in %s"
            .formatted(stored.version(), stored.placement().device(), rows, seed, file));
  }

  private static Map<String, Object> answer(StoredModel stored) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("model", stored.version().name() + ":" + stored.version().version());
    answer.put("digest", stored.version().digest());
    answer.put("device", stored.placement().device().toString());
    answer.put("golden", false);
    return answer;
  }

  private void print(Map<String, Object> answer, String line) {
    PrintWriter out = spec.commandLine().getOut();
    output.print(out, answer, () -> out.println(line));
  }
}
