package io.tidemill.benchmarks;

import io.tidemill.model.engine.onnx.OnnxModels;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The program for Spark, which stays in its JVM with a session that stays as well.
 *
 * @param sparkClassPath of Spark, as Maven wrote it beside the program's classes
 */
record BulkSparkJob(String input, String output, String model, String sparkClassPath)
    implements BulkJob.Work {
  private static final String PROGRAM = "io.tidemill.benchmarks.spark.SparkScoring";

  /** What Spark's own scripts open. */
  private static final List<String> OPENED =
      List.of(
          "java.base/java.lang",
          "java.base/java.lang.invoke",
          "java.base/java.lang.reflect",
          "java.base/java.io",
          "java.base/java.net",
          "java.base/java.nio",
          "java.base/java.util",
          "java.base/java.util.concurrent",
          "java.base/java.util.concurrent.atomic",
          "java.base/jdk.internal.ref",
          "java.base/sun.nio.ch",
          "java.base/sun.nio.cs",
          "java.base/sun.security.action",
          "java.base/sun.util.calendar");

  /** Reads the class path. */
  static BulkSparkJob of(Path classPathFile, BulkInput input, Path output, BulkModel model)
      throws IOException {
    Path classes = classPathFile.resolveSibling("classes");
    return new BulkSparkJob(
        input.folder(),
        output.toString(),
        Path.of(model.folder(), OnnxModels.FILE).toString(),
        classes + File.pathSeparator + Files.readString(classPathFile).strip());
  }

  @Override
  public List<String> options() {
    return OPENED.stream().map(door -> "--add-opens=" + door + "=ALL-UNNAMED").toList();
  }

  /** Spark's, and behind it what this process's classes want to be read. */
  @Override
  public String classPath() {
    String own = System.getProperty("java.class.path");
    return Stream.concat(
            Stream.of(sparkClassPath),
            Stream.of(own.split(File.pathSeparator)).filter(BulkSparkJob::isWanted))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static boolean isWanted(String entry) {
    String name = Path.of(entry).getFileName().toString();
    return !name.endsWith(".jar")
        || Stream.of("flink-", "tidemill-model-", "tidemill-engine-onnx-")
            .anyMatch(name::startsWith);
  }

  @Override
  public void run() throws ReflectiveOperationException {
    String[] arguments = {input, output, model, String.valueOf(PlainFlinkJob.BATCH)};
    try {
      Class.forName(PROGRAM).getMethod("main", String[].class).invoke(null, (Object) arguments);
    } catch (InvocationTargetException failed) {
      throw new IllegalStateException(PROGRAM + ": failed", failed.getCause());
    }
  }
}
