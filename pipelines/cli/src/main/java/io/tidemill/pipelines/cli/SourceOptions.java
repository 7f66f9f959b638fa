package io.tidemill.pipelines.cli;

import io.tidemill.connectors.problem.Suggestion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.importing.ImportOptions;
import io.tidemill.model.importing.archive.ArchiveLimits;
import io.tidemill.model.store.ByteSize;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code push} is told about a model whose files do not say it. */
final class SourceOptions {
  @Option(names = "--engine", paramLabel = "ENGINE", description = "Where the files fit several.")
  private @Nullable String engine;

  @Option(
      names = "--signature",
      paramLabel = "NAME",
      description = "Which signature of a SavedModel, as in serving_default.")
  private @Nullable String signatureName;

  @Option(
      names = "--number",
      paramLabel = "N",
      description = "Which of the numbered folders. Default: the highest.")
  private @Nullable Long number;

  @Option(
      names = "--input-tensor",
      paramLabel = "TENSOR",
      converter = TensorConverter.class,
      description = {
        "An input, as in 'features float32[-1, 4]'; -1 is the batch.",
        "Default: what the model's files say, which it must not contradict."
      })
  private List<TensorSpec> inputs = List.of();

  @Option(
      names = "--output-tensor",
      paramLabel = "TENSOR",
      converter = TensorConverter.class,
      description = "An output, as in 'score float32[-1, 1]'.")
  private List<TensorSpec> outputs = List.of();

  @Option(
      names = "--batch",
      paramLabel = "ROWS",
      description = {
        "Beside --input-tensor, how many rows the model takes in each call.",
        "Default: any number, or what the model's files say."
      })
  private @Nullable Integer batch;

  @Option(
      names = "--constant",
      paramLabel = "NAME=VALUE",
      description = {
        "The value of an input that has no rows, as in keep_prob=1.0;",
        "several numbers with commas between them."
      })
  private Map<String, String> constants = new LinkedHashMap<>();

  @Option(
      names = "--max-size",
      paramLabel = "SIZE",
      description = "How much an archive may unpack to. Default: 32GiB, and 16GiB for a file.")
  private @Nullable ByteSize maxSize;

  /**
   * All of it.
   *
   * @throws CommandFailedException if it contradicts itself
   */
  ImportOptions options() {
    checkEngine();
    try {
      ArchiveLimits limits = ArchiveLimits.DEFAULT;
      if (maxSize != null) {
        limits = new ArchiveLimits(maxSize, maxSize, limits.entries(), limits.ratio());
      }
      boolean given = !inputs.isEmpty() || !outputs.isEmpty();
      if (given && signatureName != null) {
        throw new IllegalArgumentException(
            "--signature: '%s' beside --input-tensor and --output-tensor (expected: the one or the others)"
                .formatted(signatureName));
      }
      if (batch != null && (!given || batch < 1)) {
        throw new IllegalArgumentException(
            "--batch: %d (expected: at least 1, beside --input-tensor and --output-tensor; other models' files say it)"
                .formatted(batch));
      }
      Signature signature =
          given ? new Signature(inputs, outputs).inBatchesOf(batch == null ? 0 : batch) : null;
      return new ImportOptions(engine, signature, signatureName, number, constants, limits);
    } catch (IllegalArgumentException wrong) {
      throw new CommandFailedException(wrong);
    }
  }

  /** A version of an engine that there is not could never be loaded. */
  private void checkEngine() {
    List<String> there = Engines.here().names();
    if (engine != null && !there.contains(engine)) {
      throw new CommandFailedException(
          ExitCode.USAGE, "engine: '" + engine + "' " + new Suggestion(engine, there));
    }
  }
}
