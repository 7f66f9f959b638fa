package io.tidemill.benchmarks;

import static io.tidemill.benchmarks.Quantity.PEAK_BYTES;
import static io.tidemill.benchmarks.Quantity.RECORDS_PER_SECOND;
import static io.tidemill.benchmarks.Quantity.START_SECONDS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Every variant of the bulk comparison, and the figures that are made of them. Writes models and
 * jobs at once, and no data.
 *
 * @param limits what is compared with, made of the variants of a lap
 */
record BulkPlan(List<Figure> figures, List<Variant> variants, List<SlowerOf> limits) {

  BulkPlan {
    figures = List.copyOf(figures);
    variants = List.copyOf(variants);
    limits = List.copyOf(limits);
  }

  /**
   * Plans what was asked.
   *
   * @param script the command of users; empty for its program on this class path
   * @param spark the file with Spark's class path; empty to leave Spark out
   * @param folder for models, jobs and results
   */
  static BulkPlan of(BulkArguments asked, String script, String spark, Path folder)
      throws Exception {
    return new Author(asked, script, spark, folder).plan();
  }

  /** Makes one plan. Not thread-safe. */
  private static final class Author {
    private static final String GROUP = "bulk";
    private static final String SMALL_FILES = "bulk-files";
    private static final String WIDE = "bulk-wide";
    private static final int SMALL_ROWS = 100;
    private static final int START_ROWS = 10_000;

    /** Of the rows of the others, as they are sixteen times as wide. */
    private static final int WIDE_PART = 20;

    private final BulkArguments asked;
    private final String script;
    private final String spark;
    private final Path folder;
    private final Path data;
    private final Path store;
    private final BulkModel onnx;
    private final BulkModel tensorflow;
    private final Map<String, Map<Long, Float>> scores = new HashMap<>();
    private final List<Figure> figures = new ArrayList<>();

    Author(BulkArguments asked, String script, String spark, Path folder) throws IOException {
      this.asked = asked;
      this.script = script;
      this.spark = spark;
      this.folder = folder;
      Path kept = asked.keep();
      this.data = kept == null ? folder.resolve("data") : kept;
      this.store = folder.resolve("store");
      this.onnx = BulkModel.write(new OnnxWorkload(false), folder.resolve("onnx"), GROUP);
      this.tensorflow =
          BulkModel.write(new TensorFlowWorkload(), folder.resolve("tensorflow"), GROUP);
      Files.createDirectories(folder.resolve("out"));
    }

    BulkPlan plan() throws Exception {
      String onnxReference = onnx.publish(store);
      String tensorflowReference = tensorflow.publish(store);
      int parts = BulkArguments.PARTS;
      BulkInput columns = input(BulkTable.COLUMNS, asked.rows(), parts, parts);
      BulkJob read =
          new BulkJob(
              "limit-read",
              "limit-read",
              GROUP,
              new BulkJob.RawRead(columns),
              BulkOutput.none(columns));
      SlowerOf onnxLimit = new SlowerOf(read, onnx);
      SlowerOf tensorflowLimit = new SlowerOf(read, tensorflow);
      String floor = onnxLimit.name();
      BulkJob tidemill = tidemill("tidemill-onnx", floor, GROUP, onnx, onnxReference, columns);
      ratio("bulkOnnxRatioToLimit", tidemill, onnxLimit);
      ratio(
          "bulkTensorflowRatioToLimit",
          tidemill(
              "tidemill-tensorflow",
              tensorflowLimit.name(),
              GROUP,
              tensorflow,
              tensorflowReference,
              columns),
          tensorflowLimit);
      ratio("bulkRatioToPlainScoring", tidemill, plainScoring(floor, columns));
      ratio(
          "bulkRatioToPassThrough",
          tidemill,
          passThrough("pass-through", floor, GROUP, columns, List.of("f0")));
      BulkInput arrays = input(BulkTable.ARRAY, asked.rows(), parts, parts);
      ratio(
          "bulkArrayRatioToColumns",
          tidemill("tidemill-array", floor, GROUP, onnx, onnxReference, arrays),
          tidemill);
      if (!spark.isEmpty()) {
        Path output = output("spark");
        ratio(
            "bulkRatioToSpark",
            tidemill,
            new BulkJob(
                "spark",
                floor,
                GROUP,
                BulkSparkJob.of(Path.of(spark), columns, output, onnx),
                scored(output, columns, onnx)));
      }
      smallFiles(onnxReference);
      wide(onnxReference);
      processes(onnxReference);
      return new BulkPlan(figures, variants(), List.of(onnxLimit, tensorflowLimit));
    }

    /** As many as divide them. */
    private static int distinct(int files) {
      int distinct = Math.min(files, BulkArguments.PARTS);
      while (files % distinct != 0) {
        distinct--;
      }
      return distinct;
    }

    private static String named(int rows) {
      return rows % 1_000_000 == 0 ? rows / 1_000_000 + "M" : String.valueOf(rows);
    }

    private void smallFiles(String reference) throws Exception {
      long rows = (long) asked.files() * SMALL_ROWS;
      int parts = BulkArguments.PARTS;
      BulkInput small = input(BulkTable.COLUMNS, rows, asked.files(), parts);
      BulkInput one = input(BulkTable.COLUMNS, rows, 1, 1);
      String floor = "tidemill-one-file";
      ratio(
          "bulkManyFilesRatioToOne",
          tidemill("tidemill-small-files", floor, SMALL_FILES, onnx, reference, small),
          tidemill(floor, floor, SMALL_FILES, onnx, reference, one));
    }

    private void wide(String reference) throws Exception {
      int parts = BulkArguments.PARTS;
      long rows = Math.max(parts, asked.rows() / WIDE_PART / parts * parts);
      BulkInput input = input(BulkTable.WIDE, rows, parts, parts);
      String floor = "pass-through-wide";
      ratio(
          "bulkWideRatioToPassThrough",
          tidemill("tidemill-wide", floor, WIDE, onnx, reference, input),
          passThrough(floor, floor, WIDE, input, input.table().columns()));
    }

    private BulkCommand command(String name, String reference, BulkInput input) throws Exception {
      Path target = output(name);
      Path file = folder.resolve(name + ".yaml");
      BulkTidemillJob.write(
          file, store, reference, input, target.resolve("dt={{ ds }}"), List.of());
      Path ofDate = target.resolve("dt=" + BulkCommand.DATE);
      return new BulkCommand(name, script, file.toString(), scored(ofDate, input, onnx));
    }

    private void processes(String reference) throws Exception {
      figures.add(
          Figure.value(
              "bulkStartSeconds",
              START_SECONDS,
              command("start", reference, input(BulkTable.COLUMNS, START_ROWS, 1, 1))));
      for (int rows : asked.memory()) {
        int files = rows / (asked.rows() / BulkArguments.PARTS);
        figures.add(
            Figure.value(
                "bulkBytesAt" + named(rows),
                PEAK_BYTES,
                command(
                    "memory-" + named(rows),
                    reference,
                    input(BulkTable.COLUMNS, rows, files, distinct(files)))));
      }
    }

    private List<Variant> variants() {
      Map<String, Variant> byName = new LinkedHashMap<>();
      figures.stream()
          .flatMap(figure -> figure.variants().stream())
          .flatMap(
              variant ->
                  variant instanceof SlowerOf limit
                      ? Stream.of(limit.one(), limit.other())
                      : Stream.of(variant))
          .forEach(variant -> byName.putIfAbsent(variant.name(), variant));
      return List.copyOf(byName.values());
    }

    private void ratio(String name, Variant over, Variant under) {
      figures.add(Figure.ratio(name, RECORDS_PER_SECOND, over, under));
    }

    private BulkInput input(BulkTable table, long rows, int files, int distinct) {
      return BulkInput.in(data, table, rows, files, distinct);
    }

    private BulkJob tidemill(
        String name, String floor, String group, BulkModel model, String reference, BulkInput input)
        throws Exception {
      List<String> passed = input.table() == BulkTable.WIDE ? input.table().columns() : List.of();
      Path output = output(name);
      BulkTidemillJob job =
          BulkTidemillJob.write(
              folder.resolve(name + ".yaml"), store, reference, input, output, passed);
      return new BulkJob(name, floor, group, job, scored(output, input, model));
    }

    private BulkJob plainScoring(String floor, BulkInput input) throws Exception {
      Path output = output("plain-scoring");
      List<String> selected =
          Stream.concat(Stream.of(BulkTable.ID), input.table().columns().stream()).toList();
      return new BulkJob(
          "plain-scoring",
          floor,
          GROUP,
          new PlainFlinkJob(input, output.toString(), onnx.folder(), selected, List.of("score")),
          scored(output, input, onnx));
    }

    /** The plain job without its model. */
    private BulkJob passThrough(
        String name, String floor, String group, BulkInput input, List<String> columns) {
      Path output = output(name);
      List<String> selected = Stream.concat(Stream.of(BulkTable.ID), columns.stream()).toList();
      Map<Long, Float> expected = new HashMap<>();
      BulkOutput.sampled(input).forEach(id -> expected.put(id, BulkTable.feature(id, 0)));
      return new BulkJob(
          name,
          floor,
          group,
          new PlainFlinkJob(input, output.toString(), "", selected, columns),
          new BulkOutput(output.toString(), input, "f0", Map.copyOf(expected)));
    }

    private Path output(String name) {
      return folder.resolve("out").resolve(name);
    }

    private BulkOutput scored(Path output, BulkInput input, BulkModel model) throws Exception {
      String key = model.name() + input.identities();
      Map<Long, Float> expected = scores.get(key);
      if (expected == null) {
        expected = model.scores(BulkOutput.sampled(input));
        scores.put(key, expected);
      }
      return new BulkOutput(output.toString(), input, "score", expected);
    }
  }
}
