package io.tidemill.benchmarks;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.Inference;
import io.tidemill.inference.Scored;
import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.Device;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.pytorch.TorchScripts;
import io.tidemill.model.loader.GpuUse;
import io.tidemill.model.loader.ModelHandle;
import io.tidemill.model.loader.ModelSource;
import io.tidemill.model.loader.TaskContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * What a GPU asks of whole jobs, besides speed; each is one job. On the CPU the same jobs run, with
 * what the CPU does in such a case.
 *
 * @param folder where models are written
 */
record GpuProofs(Path folder, Device device) {
  private static final Map<String, Queue<Float>> KEPT = new ConcurrentHashMap<>();
  private static final int RECORDS = 4_096;
  private static final int BATCH = 1_024;
  private static final long FIRST = 1_025;
  private static final int TABLE = 3;

  /** CUDA's words for it; it has others for a lack of memory or of a GPU. */
  private static final String ASSERTION = "device-side assert triggered";

  private static final long PROCESS_SECONDS = 45;

  /** Calls without memory by which a size is learned; a batch that learns nothing has as many. */
  private static final int LEARNED = 30;

  /** What was to be shown, whether it holds, and what was seen. */
  record Proof(String name, boolean holds, String says) {}

  /** Their names. */
  static final List<String> NAMES =
      List.of(
          "memoryIsKnown",
          "outOfMemory",
          "subtasksShareADevice",
          "secondModel",
          "errorOfTheDevice");

  /** One of them. Blocks. A failure is told in its place. */
  Proof prove(String name) throws InterruptedException {
    try {
      return switch (name) {
        case "memoryIsKnown" -> memoryIsKnown(name);
        case "outOfMemory" -> outOfMemory(name);
        case "subtasksShareADevice" -> subtasksShareADevice(name);
        case "secondModel" -> secondModel(name);
        default -> errorOfTheDevice(name);
      };
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      return new Proof(name, false, reason(e));
    }
  }

  private static String reason(Throwable failure) {
    Throwable innermost = failure;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    return String.valueOf(innermost.getMessage()).lines().findFirst().orElse("");
  }

  /** What a failure says of an assertion that did not hold on the GPU, wherever it stands. */
  private static Optional<String> assertion(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
        .flatMap(cause -> String.valueOf(cause.getMessage()).lines())
        .filter(line -> line.contains(ASSERTION))
        .reduce((outer, inner) -> inner);
  }

  /**
   * What a model takes of a GPU is measured, and a job whose batches cannot fit beside it fails
   * before the first record; on the CPU for want of direct memory.
   */
  private Proof memoryIsKnown(String name) throws Exception {
    ModelSource model =
        model("pictures", TorchScripts.residual(folder.resolve("pictures"), 8), device);
    Optional<GpuUse> use;
    try (ModelHandle handle = model.open()) {
      use = handle.gpu();
    }
    String refused = "a job of too large batches ran";
    try {
      answers(scored(longs(1, 1), model, "score", tooLarge()));
    } catch (Exception e) {
      refused = reason(e);
    }
    boolean onCpu = device.kind() == Device.Kind.CPU;
    boolean known = use.map(it -> it.gpu().isKnown() && it.modelBytes() > 0).orElse(onCpu);
    return new Proof(
        name,
        known && refused.contains(onCpu ? "direct memory: " : "memory of %s ".formatted(device)),
        "%s, of which a first model took %d MiB; refused: %s"
            .formatted(
                use.map(it -> it.gpu().described()).orElse("no GPU"),
                use.map(it -> (long) it.modelBytes() >> 20).orElse(0L),
                refused));
  }

  /** Batches of pictures, whose calls take 250 GB: more than a GPU has. */
  private static StepSettings tooLarge() {
    int calls = 128;
    return StepSettings.defaults()
        .withBatching(
            new BatchPolicy(160_000, BatchPolicy.UNLIMITED_BYTES, Duration.ofHours(1), calls))
        .withWorkers(calls)
        .withMemoryBytes(1L << 40);
  }

  /** A batch for which there is no memory is halved, and the size that fits is remembered. */
  private Proof outOfMemory(String name) throws Exception {
    WatchedModel model = new WatchedModel(valueModel("greedy", device), name);
    List<Float> expected = new ArrayList<>();
    LongStream.range(0, RECORDS).forEach(i -> expected.add((float) (FIRST + i % BATCH)));

    DataStream<Long> values = longs(1, RECORDS).map(i -> FIRST + i % BATCH).returns(Types.LONG);
    List<Float> answers = answers(scored(values, model, "score"));

    WatchedModel.Calls calls = WatchedModel.calls(name);
    boolean holds =
        answers.equals(expected)
            && calls.outOfMemory() > 0
            && calls.outOfMemory() <= LEARNED
            && calls.mostRows() < BATCH;
    return new Proof(
        name,
        holds,
        "%d of %d records scored in batches of %d; %d calls ran out of memory; at most %d rows in a call since"
            .formatted(answers.size(), RECORDS, BATCH, calls.outOfMemory(), calls.mostRows()));
  }

  /** Two subtasks of {@code gpu:auto} on one GPU call one copy of the model. */
  private Proof subtasksShareADevice(String name) throws Exception {
    Device said = device.kind() == Device.Kind.GPU ? Device.GPU_AUTO : device;
    ModelSource shared = valueModel("shared", said);
    WatchedModel model = new WatchedModel(shared, name);
    List<Float> answers;
    // A task that is done before the other begins would have the only copy unloaded.
    try (ModelHandle held =
        shared.open(WatchedModel.withOneGpu(new TaskContext(0, List.of(), 1)))) {
      answers = answers(scored(longs(2, BATCH), model, "score"));
    }

    WatchedModel.Calls calls = WatchedModel.calls(name);
    return new Proof(
        name,
        answers.size() == BATCH && calls.tasks() == 2 && calls.copies() == 1,
        "device %s: %d records scored by %d tasks with %d copy of the model"
            .formatted(said, answers.size(), calls.tasks(), calls.copies()));
  }

  /** A job of two models answers on the device as it does on the CPU. */
  private Proof secondModel(String name) throws Exception {
    List<Float> there = twoModels(device);
    List<Float> expected = twoModels(Device.CPU);
    boolean alike = there.size() == expected.size();
    for (int i = 0; alike && i < expected.size(); i++) {
      alike = Math.abs(there.get(i) - expected.get(i)) < 1e-4;
    }
    return new Proof(
        name,
        alike && there.size() == BATCH,
        "two models on %s: %d records, %s as on the CPU"
            .formatted(device, there.size(), alike ? "answered" : "not answered"));
  }

  private List<Float> twoModels(Device on) throws Exception {
    Scored<Long, Float> first = scored(longs(1, BATCH), valueModel("first", on), "first");
    ModelSource mlp = model("mlp-beside", TorchScripts.mlp(folder.resolve("mlp-beside"), 1), on);
    Scored<Float, Float> second =
        Inference.on(first.predictions())
            .model(mlp)
            .encode(
                (record, columns, row) -> {
                  columns.fixedWidth(0).setFloat(row, record / BATCH);
                  return true;
                })
            .decode(decoder(), Types.FLOAT)
            .apply("second", settings());
    return answers(second);
  }

  /**
   * An error of the GPU itself fails the job, since nothing can be computed on it any more; on the
   * CPU the record at fault is a dead letter. In another process, which it ends for a GPU.
   */
  private Proof errorOfTheDevice(String name) throws IOException, InterruptedException {
    List<String> command =
        new JavaProgram(GpuProofs.class, List.of(folder.toString(), device.toString()))
            .command(List.of());
    Path said = folder.resolve(name + ".txt");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(said.toFile())
            .redirectError(folder.resolve(name + ".log").toFile())
            .start();
    try {
      if (!process.waitFor(PROCESS_SECONDS, TimeUnit.SECONDS)) {
        return new Proof(
            name, false, "the other process did not end within " + PROCESS_SECONDS + " s");
      }
    } finally {
      process.destroyForcibly();
    }
    String last = Files.readString(said).strip().lines().reduce("", (before, line) -> line);
    boolean holds =
        device.kind() == Device.Kind.GPU
            ? last.startsWith("failed: ") && last.contains(ASSERTION)
            : last.equals("scored 1023, dead letters 1");
    return new Proof(name, holds, "an index beyond a table: " + last);
  }

  /** The other process: a job with one index beyond a model's table. */
  public static void main(String[] arguments) throws Exception {
    new GpuProofs(Path.of(arguments[0]), Device.parse(arguments[1])).indexBeyondTheTable();
    // A GPU's library may not end after an error.
    Runtime.getRuntime().halt(0);
  }

  private void indexBeyondTheTable() {
    Signature signature = TorchScripts.lookup(folder.resolve("lookup"));
    RecordEncoder<Long> indexes =
        (record, columns, row) -> {
          columns.fixedWidth(0).setLong(row, record == BATCH - 1 ? TABLE : record % TABLE);
          return true;
        };
    Scored<Long, Float> scored =
        Inference.on(longs(1, BATCH))
            .model(model("lookup", signature, device))
            .encode(indexes)
            .decode(decoder(), Types.FLOAT)
            .apply("score", settings());
    DataStream<Float> letters = scored.deadLetters().map(letter -> Float.NaN).returns(Types.FLOAT);
    try {
      List<Float> both = answers(scored.predictions().union(letters));
      long dead = both.stream().filter(answer -> answer.isNaN()).count();
      System.out.println("scored %d, dead letters %d".formatted(both.size() - dead, dead));
    } catch (Exception e) {
      System.out.println("failed: " + assertion(e).orElseGet(() -> reason(e)));
    }
  }

  /** Answers its input, and on the way takes memory for each row as the values say. */
  private ModelSource valueModel(String name, Device on) {
    Path files = folder.resolve(name);
    return model(
        name,
        on.kind() == Device.Kind.GPU
            ? TorchScripts.greedy(files)
            : TorchScripts.outOfMemoryAbove(files, 100_000),
        on);
  }

  private ModelSource model(String name, Signature signature, Device on) {
    return new WorkloadModel(
        Workload.torch(name, folder.resolve(name), signature, on), WorkloadModel.Kind.ENGINE, "");
  }

  private static DataStream<Long> longs(int parallelism, int count) {
    Configuration configuration = new Configuration();
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    return StreamExecutionEnvironment.createLocalEnvironment(parallelism, configuration)
        .fromSequence(0, count - 1);
  }

  private static StepSettings settings() {
    return StepSettings.defaults()
        .withBatching(new BatchPolicy(BATCH, BatchPolicy.UNLIMITED_BYTES, Duration.ofHours(1), 1));
  }

  private static Scored<Long, Float> scored(
      DataStream<Long> records, ModelSource model, String step) {
    return scored(records, model, step, settings());
  }

  private static Scored<Long, Float> scored(
      DataStream<Long> records, ModelSource model, String step, StepSettings settings) {
    return Inference.on(records)
        .model(model)
        .encode(
            (record, columns, row) -> {
              columns.fixedWidth(0).setFloat(row, record);
              return true;
            })
        .decode(decoder(), Types.FLOAT)
        .apply(step, settings);
  }

  private static <T> PredictionDecoder<T, Float> decoder() {
    return (record, outputs, row) -> outputs.fixedWidth(0).getFloat(row);
  }

  private static List<Float> answers(Scored<?, Float> scored) throws Exception {
    return answers(scored.predictions());
  }

  /** Runs the job of a stream. Flink's own way to collect may lose the end of a short job. */
  private static List<Float> answers(DataStream<Float> stream) throws Exception {
    String name = UUID.randomUUID().toString();
    Queue<Float> kept = new ConcurrentLinkedQueue<>();
    KEPT.put(name, kept);
    stream.map(new Kept(name)).returns(Types.FLOAT).sinkTo(new DiscardingSink<>());
    stream.getExecutionEnvironment().execute("proof");
    return List.copyOf(kept);
  }

  /** Keeps what comes by in this process. */
  private record Kept(String name) implements MapFunction<Float, Float> {
    @Override
    public Float map(Float value) {
      requireNonNull(KEPT.get(name), name).add(value);
      return value;
    }
  }
}
