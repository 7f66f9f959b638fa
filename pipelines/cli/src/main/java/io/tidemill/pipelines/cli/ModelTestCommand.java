package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.Device;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.golden.Golden;
import io.tidemill.model.golden.GoldenRecorder;
import io.tidemill.model.golden.GoldenReport;
import io.tidemill.model.loader.LoadedCopy;
import io.tidemill.model.loader.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemill model test}. */
@Command(
    name = "test",
    description = {
      "Load a version on this machine and check its answers.",
      "They are compared with those in its golden.arrow; with --write, what it answers",
      "now is recorded as such a file."
    },
    mixinStandardHelpOptions = true)
final class ModelTestCommand implements Runnable {
  private static final int MAX_ROWS = 1 << 20;

  @Mixin private ModelArgument model;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "Where it runs: cpu, gpu or gpu:N (default: ${DEFAULT-VALUE}).")
  private Device device;

  @Option(
      names = "--write",
      paramLabel = "FILE",
      description = {
        "Record answers in a new file, to random inputs or those of --input.",
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

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description = {
        "What --write asks the model: a JSON object a line, with a value for each input,",
        "as in {\"features\": [1, 2.5]}; {\"b64\": \"...\"} for bytes that are no text."
      })
  private @Nullable Path records;

  @Mixin private Output output;

  @Override
  public void run() {
    Path file = target;
    if (rows < 1 || rows > MAX_ROWS) {
      throw refused("rows: " + rows + " (expected: 1 to " + MAX_ROWS + ")");
    }
    if (records != null && file == null) {
      throw refused("--input: " + records + " (expected: with --write, which records the answers)");
    }
    if (file != null && Files.exists(file)) {
      throw refused(file + ": exists (expected: a new file)");
    }
    if (device.isChosenByTask()) {
      throw refused(
          "device: '" + device + "' (expected: cpu, gpu or gpu:N; only a task has others)");
    }
    StoredModel stored = StoredModel.resolve(model.store().open().uri(), model.ref(), device);
    try (LoadedCopy trial = stored.openForTrial()) {
      if (file == null) {
        check(stored, trial);
      } else {
        record(stored, trial, file);
      }
    }
  }

  private static CommandFailedException refused(String message) {
    return new CommandFailedException(ExitCode.USAGE, message);
  }

  private void check(StoredModel stored, LoadedCopy trial) {
    Map<String, Object> answer = answer(stored);
    Optional<GoldenReport> checked = trial.golden().map(golden -> golden.check(trial.model()));
    if (checked.isEmpty()) {
      String scored =
          trial.prove()
              ? "loads and scores a sample"
              : "loads but does not score zeros, which need be no fault";
      output.print(
          answer,
          "%s: %s; it carries no %s, so its answers are not checked"
              .formatted(subject(stored), scored, Golden.FILE_NAME));
      return;
    }
    GoldenReport report = checked.get();
    answer.put("golden", true);
    answer.put("rows", report.rows());
    answer.put("wrongRows", report.wrongRows());
    answer.put("largestDifference", report.largestDifference());
    answer.put("worst", report.worst());
    String line = "%s: %s: %s".formatted(subject(stored), Golden.FILE_NAME, report);
    if (report.matches()) {
      output.print(answer, line);
      return;
    }
    output.print(answer, out -> {});
    throw new CommandFailedException(ExitCode.MODEL, line);
  }

  private void record(StoredModel stored, LoadedCopy trial, Path file) {
    GoldenRecorder recorder = new GoldenRecorder(trial.model());
    Map<String, Object> answer = answer(stored);
    String of;
    try {
      Path given = records;
      if (given == null) {
        recorder.record(file, rows, RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
        answer.put("rows", rows);
        answer.put("seed", seed);
        of = rows + " rows of seed " + seed;
      } else {
        List<Map<String, Object>> read = read(given);
        recorder.record(file, read);
        answer.put("rows", read.size());
        answer.put("input", given.toString());
        of = "%d rows of %s".formatted(read.size(), given);
      }
    } catch (IOException unwritable) {
      throw new CommandFailedException(
          ExitCode.FAILED,
          "%s: cannot be written: %s (expected: a new file in a folder that is there)"
              .formatted(file, unwritable),
          unwritable);
    } catch (IllegalArgumentException unfit) {
      throw refused(records + ": " + unfit.getMessage());
    } catch (ModelCallException unscored) {
      if (records != null) {
        throw unscored;
      }
      throw new CommandFailedException(
          ExitCode.MODEL,
          unscored.getMessage()
              + "; it may not take random inputs: give it some of yours with --input",
          unscored);
    }
    answer.put("path", file.toString());
    output.print(answer, "%s: %s are in %s".formatted(subject(stored), of, file));
  }

  private static List<Map<String, Object>> read(Path file) {
    try (MappingIterator<Map<String, Object>> lines =
        new ObjectMapper()
            .readerFor(new TypeReference<Map<String, Object>>() {})
            .readValues(file.toFile())) {
      return lines.readAll();
    } catch (IOException unreadable) {
      throw refused(
          "%s: %s (expected: a JSON object a line)"
              .formatted(
                  file,
                  unreadable instanceof JsonProcessingException malformed
                      ? malformed.getOriginalMessage()
                      : unreadable));
    }
  }

  private static String subject(StoredModel stored) {
    return stored.version() + " on " + stored.placement().device();
  }

  private static Map<String, Object> answer(StoredModel stored) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("model", stored.version().name() + ":" + stored.version().version());
    answer.put("digest", stored.version().digest());
    answer.put("device", stored.placement().device().toString());
    answer.put("golden", false);
    return answer;
  }
}
